//! A command line of curl, wget, HTTPie or xh: the request that it would send.
//!
//! Decides which options make fields, body and target; runs nothing and opens no file.

use super::shell::words;
use super::{Carried, Field, Input, InputKind, Recognised, Request};
use crate::carrier::places::rides;
use crate::passage::Passage;

/// Options of curl that take a value and matter to nobody here.
const WITH_VALUE: &[&str] = &[
    "-o",
    "--output",
    "-w",
    "--write-out",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-x",
    "--proxy",
    "--cacert",
    "--capath",
    "--resolve",
    "-c",
    "--cookie-jar",
    "--retry",
    "--retry-delay",
    "--limit-rate",
    "-r",
    "--range",
    "-C",
    "--interface",
    "--max-redirs",
    "-D",
    "--dump-header",
    "--ciphers",
    "--tls-max",
    "--connect-to",
    "--netrc-file",
    "--proxy-header",
    "-U",
    "--proxy-user",
    "-y",
    "-Y",
    "-z",
    "-t",
    "-P",
    "-Q",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--noproxy",
    "--dns-servers",
];

/// Options that take a value, and without whose file, key or socket the same request cannot be sent.
const UNSENDABLE: &[&str] = &[
    "-E",
    "--cert",
    "--key",
    "-T",
    "--upload-file",
    "-K",
    "--config",
    "--unix-socket",
    "--aws-sigv4",
    "--url-query",
];

/// Short options of curl that take a value, when it is glued to them or ends a bundle.
const SHORT_WITH_VALUE: &str = "AeowmxEcFTrCDKUyYztPQ";

/// The command that the text begins with, behind a prompt or variable settings.
pub(crate) fn command(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let first = one_command(input, body)?;
    let carries = |found: &Recognised| match &found.carried {
        Carried::Request(request) => {
            request.named("authorization").next().is_some() || rides(request)
        }
        _ => true,
    };
    if carries(&first) {
        return Some(first);
    }
    // Of several commands the one with a credential is meant.
    let mut rest = body;
    for _ in 0..MOST_COMMANDS {
        let Some(start) = command_start(rest) else { break };
        let Some(line) = rest[start..].find('\n') else { break };
        rest = &rest[start + line + 1..];
        if let Some(found) = one_command(input, rest).filter(carries) {
            return Some(found);
        }
    }
    Some(first)
}

/// More commands than anybody pastes to ask about one.
const MOST_COMMANDS: usize = 16;

fn one_command(input: &Input<'_>, body: &str) -> Option<Recognised> {
    let start = command_start(body)?;
    let words = words(&input.part(&body[start..]));
    let mut rest = words.as_slice();
    let tool = loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        if let Some(tool) = tool_name(first.text()) {
            break tool;
        }
        let is_prefix = ["sudo", "time", "env", "watch", "$", ">", "#", "%"]
            .contains(&first.text())
            || first.text().split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            });
        if !is_prefix {
            return None;
        }
    };
    let request = match tool {
        Tool::Curl => curl(rest),
        Tool::Wget => wget(rest),
        Tool::Httpie => httpie(rest),
    };
    // `http` and `time` are words of prose too: without an address there was no command.
    if request.target.is_none() && request.fields.is_empty() {
        return None;
    }
    Some(Recognised::new(InputKind::Command, Carried::Request(Box::new(request))))
}

enum Tool {
    Curl,
    Wget,
    Httpie,
}

fn tool_name(word: &str) -> Option<Tool> {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word);
    match name.strip_suffix(".exe").unwrap_or(name) {
        // Both take curl's `-H` and `-d`.
        "curl" | "grpcurl" | "curlie" => Some(Tool::Curl),
        "wget" => Some(Tool::Wget),
        "http" | "https" | "xh" | "xhs" => Some(Tool::Httpie),
        _ => None,
    }
}

/// Where a command begins: at the text's start or at that of a line, behind prompt and settings.
fn command_start(body: &str) -> Option<usize> {
    let mut at = 0;
    for line in body.split_inclusive('\n').take(200) {
        let mut words = line.split_ascii_whitespace();
        let is_command = words.by_ref().take(6).any(|word| {
            matches!(tool_name(word), Some(Tool::Curl | Tool::Wget))
                || (at == 0 && line.trim_start().starts_with(word) && tool_name(word).is_some())
        });
        // A sentence that mentions curl has no address and no option behind the word.
        let has_arguments =
            [" -", "://", "^\"", "uthorization:"].iter().any(|mark| line.contains(mark))
                || line.trim_end().ends_with(['\\', '`', '^']);
        if is_command && has_arguments {
            return Some(at + prompt(line));
        }
        at += line.len();
    }
    None
}

/// The length of what stands before the command in a line: a prompt, the words of a sentence.
fn prompt(line: &str) -> usize {
    let mut at = 0;
    for word in line.split_inclusive([' ', '\t']) {
        if tool_name(word.trim()).is_some() {
            return at;
        }
        at += word.len();
    }
    0
}

fn field(line: &Passage) -> Option<Field> {
    // `-H 'Name;'` sends the name with nothing behind it.
    let at = line.text().find(':').or_else(|| line.text().find(';'))?;
    let name = line.bytes(0..at);
    // curl drops the blanks behind the colon; what stands at the end is sent.
    let value = line.since(at + 1);
    let blanks = value.text().len() - value.text().trim_start_matches([' ', '\t']).len();
    Some(Field { name, value: value.since(blanks) })
}

fn curl(words: &[Passage]) -> Request {
    let mut request = Request::default();
    let mut method = None;
    let mut as_query = false;
    let mut basic = None;
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text();
        let (option, glued) = split_option(word);
        let mut value = || -> Option<Passage> {
            if let Some(glued) = glued.clone() {
                return Some(glued);
            }
            let next = words.get(at).cloned();
            at += 1;
            next
        };
        match option.as_str() {
            "-H" | "--header" => request.fields.extend(value().as_ref().and_then(field)),
            "--oauth2-bearer" => {
                if let Some(token) = value() {
                    request.fields.push(made_up("Authorization", "Bearer ", &token));
                }
            }
            "-u" | "--user" => {
                basic = value().map(|user| {
                    let encoded = format!("Basic {}", base64_of(user.text()));
                    let name = Passage::standing_for("Authorization", user.span(0..0));
                    Field { name, value: Passage::standing_for(&encoded, user.whole()) }
                })
            }
            "-b" | "--cookie" => {
                if let Some(cookie) = value().filter(|cookie| cookie.text().contains('=')) {
                    request.fields.push(made_up("Cookie", "", &cookie));
                }
            }
            "-A" | "--user-agent" => {
                request.fields.extend(value().map(|agent| made_up("User-Agent", "", &agent)));
            }
            "-e" | "--referer" => {
                request.fields.extend(value().map(|from| made_up("Referer", "", &from)));
            }
            "-d" | "--data" | "--data-raw" | "--data-binary" | "--data-ascii"
            | "--data-urlencode" | "--json" => {
                if let Some(data) = value() {
                    add_data(&mut request, &option, data);
                }
            }
            // A field of a form stands for a pair of the body.
            "-F" | "--form" | "--form-string" => {
                if let Some(field) = value() {
                    request.body.get_or_insert(field);
                }
                request.again.unsendable = Some(option);
            }
            "-X" | "--request" => method = value().map(|method| method.text().to_owned()),
            "-G" | "--get" => as_query = true,
            "-I" | "--head" => method = method.or_else(|| Some("HEAD".to_owned())),
            "--url" => request.target = value().or(request.target),
            other if WITH_VALUE.contains(&other) => drop(value()),
            other if UNSENDABLE.contains(&other) => {
                drop(value());
                request.again.unsendable = Some(other.to_owned());
            }
            _ if text.starts_with('-') && text.len() > 1 => {}
            _ => {
                if request.target.is_none() {
                    request.target = Some(word.clone());
                }
            }
        }
    }
    request.again.as_query = as_query;
    let implied = if request.body.is_some() && !as_query { "POST" } else { "GET" };
    request.method = Some(method.unwrap_or_else(|| implied.to_owned()));
    // Of `-u` and a header given by hand, curl sends the header.
    if request.named("authorization").next().is_none() {
        request.fields.extend(basic);
    }
    request
}

/// A piece of the body. What stands in a file is not read.
fn add_data(request: &mut Request, option: &str, data: Passage) {
    let is_file = match option {
        "--data-raw" => false,
        "--data-urlencode" => {
            let text = data.text();
            text.find(['=', '@']).is_some_and(|at| text[at..].starts_with('@'))
        }
        _ => data.text().starts_with('@'),
    };
    if is_file {
        request.again.unsendable = Some(format!("{option} {}", data.text()));
    }
    let kind = match option {
        "--json" => "application/json",
        _ => "application/x-www-form-urlencoded",
    };
    request.again.content_type.get_or_insert(kind);
    let data = if option == "--data-urlencode" { urlencoded(&data) } else { data };
    match &request.body {
        None => request.body = Some(data),
        Some(_) => request.again.more.push(data.text().to_owned()),
    }
}

/// `name=content`, `=content` or `content`, the content percent-encoded as curl does it.
fn urlencoded(data: &Passage) -> Passage {
    let text = data.text();
    let from = text.find('=').map_or(0, |at| at + 1);
    let mut out = data.bytes(if text.starts_with('=') { 1..1 } else { 0..from });
    let content = data.since(from);
    for (nth, c) in content.text().chars().enumerate() {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) {
            out.push_from(c, &content, nth..nth + 1);
            continue;
        }
        let mut bytes = [0; 4];
        for byte in c.encode_utf8(&mut bytes).bytes() {
            for escaped in format!("%{byte:02X}").chars() {
                out.push_from(escaped, &content, nth..nth + 1);
            }
        }
    }
    out
}

/// An option and the value glued to it: `-HName: v`, `--header=…` (wget), `-sSH`.
fn split_option(word: &Passage) -> (String, Option<Passage>) {
    let text = word.text();
    if text.starts_with("--") {
        return match text.find('=') {
            Some(at) => (text[..at].to_owned(), Some(word.since(at + 1))),
            None => (text.to_owned(), None),
        };
    }
    if text.starts_with('-') && text.len() > 2 {
        for (at, c) in text.char_indices().skip(1) {
            if "HubdXG".contains(c) || SHORT_WITH_VALUE.contains(c) {
                let rest = word.since(at + c.len_utf8());
                let glued = (!rest.is_empty() && c != 'G').then_some(rest);
                return (format!("-{c}"), glued);
            }
        }
    }
    (text.to_owned(), None)
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// A field that an option stands for.
fn made_up(name: &str, before: &str, value: &Passage) -> Field {
    let here = value.span(0..0);
    let mut full = Passage::standing_for(before, here);
    for (nth, c) in value.text().chars().enumerate() {
        full.push_from(c, value, nth..nth + 1);
    }
    Field { name: Passage::standing_for(name, here), value: full }
}

fn wget(words: &[Passage]) -> Request {
    let mut request = Request { method: Some("GET".to_owned()), ..Request::default() };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        match split_option(word) {
            (option, Some(value)) if option == "--header" => request.fields.extend(field(&value)),
            (option, None) if option == "--header" => {
                request.fields.extend(words.get(at).and_then(field));
                at += 1;
            }
            (option, _) if option.starts_with("--post-") || option.starts_with("--body-") => {
                request.again.unsendable = Some(option);
            }
            (option, _) if option.starts_with('-') => {}
            _ => {
                request.target.get_or_insert_with(|| word.clone());
            }
        }
    }
    request
}

/// `http GET example.org/orders Authorization:"Bearer …"`, and `-A bearer -a TOKEN`.
fn httpie(words: &[Passage]) -> Request {
    let mut request = Request { method: Some("GET".to_owned()), ..Request::default() };
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        let text = word.text();
        if text == "-a" || text == "--auth" {
            if let Some(token) = words.get(at) {
                request.fields.push(made_up("Authorization", "Bearer ", token));
            }
            at += 1;
        } else if text == "-A" || text == "--auth-type" {
            at += 1;
        } else if text.starts_with('-') {
        } else if request.target.is_none() {
            if text.chars().all(|c| c.is_ascii_uppercase()) {
                request.method = Some(text.to_owned());
            } else if text.contains(['.', '/'])
                || text.starts_with(':')
                || text.contains("localhost")
            {
                request.target = Some(word.clone());
            }
        } else if let Some(place) = text.find([':', '=']) {
            match &text[place..] {
                item if item.starts_with(':') && !item.starts_with(":=") => {
                    request.fields.extend(field(word));
                }
                item => {
                    // `name=value` and `name:=json` are members of the body, `name==value` one of the query.
                    if item.starts_with('=') && !item.starts_with("==") {
                        request.body.get_or_insert_with(|| word.clone());
                    }
                    request.again.unsendable = Some("an item of body or query".to_owned());
                }
            }
        }
    }
    request
}
