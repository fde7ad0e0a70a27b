//! From what was written in several places to one configuration: the default, under the file, under
//! the environment, under the flags.
//!
//! Decides which place wins, and says of every mistake where it stands. Knows the fields from
//! [`Config`] itself, so that a new field needs nothing here. Never reads a file or the environment:
//! it is given their text.

mod place;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;

use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::{Config, ConfigError, DEFAULT_LISTEN};

pub use place::Place;

/// What environment variables begin with; sections are parted by two underscores.
const PREFIX: &str = "CLAVIGER_";
/// Variables of the command line, which are no fields.
const PROGRAM: [&str; 5] = ["LOG", "LOG_FORMAT", "CONFIG", "AUTHORITY", "ADMIN_TOKEN_FILE"];
/// The most that is looked at of a text from outside.
const LONGEST_FILE: usize = 1 << 20;

/// Everything that may say something about the configuration.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The name and the text of the configuration file.
    pub file: Option<(String, String)>,
    /// The environment; only names that begin with `CLAVIGER_` matter.
    pub environment: Vec<(String, String)>,
    /// Flags: as typed, the field each sets, and the value.
    pub flags: Vec<(String, String, String)>,
}

/// One configuration, and where each of its values comes from.
#[derive(Clone, Debug)]
pub struct Layered {
    /// What is served.
    pub config: Config,
    /// Variables that resemble a field's and are none: they changed nothing.
    pub notes: Vec<String>,
    file: Option<(String, String)>,
    origins: BTreeMap<String, Origin>,
}

/// Everything that can be said of what was written.
#[derive(Clone, Debug)]
pub struct Examined {
    /// Every mistake that can be seen at once: of the file in its order, of variables, of flags.
    pub problems: Vec<Problem>,
    /// What changed nothing, or could not be judged yet.
    pub notes: Vec<String>,
    /// What could be read.
    layered: Layered,
    /// Fields that something was written for that could not be read: nothing is concluded from their defaults.
    doubtful: BTreeSet<String>,
    /// Whether the text could be read at all, so that what is not written is not there.
    whole: bool,
}

/// Where a value was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Nowhere.
    Default,
    /// In the file, at these bytes.
    File(Range<usize>),
    /// In this variable.
    Environment(String),
    /// In this flag.
    Flag(String),
}

/// One field of a configuration as it is served.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The field, dotted: `tokens.access_ttl_seconds`.
    pub field: String,
    /// Its value as the file would have it; none where it is not set, and never a secret's.
    pub value: Option<String>,
    /// The same for programs.
    pub json: Value,
    /// Where it was written: `default`, `file`, `environment` or `flag`.
    pub source: &'static str,
    /// The place in words.
    pub place: String,
}

/// A mistake in a configuration: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as far as it is known.
    pub field: Option<String>,
    /// `default`, `file`, `environment` or `flag`.
    pub source: &'static str,
    /// The file, the variable or the flag; empty for a default.
    pub name: String,
    /// The place in the file.
    pub place: Option<Place>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(out, "`{field}`: ")?;
        }
        out.write_str(&self.problem)
    }
}

impl Layers {
    /// Puts the layers on one another and judges the whole.
    ///
    /// # Errors
    /// Every mistake that can be seen at once; see [`Examined::problems`].
    pub fn read(self) -> Result<Layered, Vec<Problem>> {
        let examined = self.examine();
        if examined.problems.is_empty() { Ok(examined.layered) } else { Err(examined.problems) }
    }

    /// Puts the layers on one another and says everything there is to be said of them.
    #[must_use]
    pub fn examine(self) -> Examined {
        let mut reading = Reading {
            schema: serde_json::to_value(Config::default()).unwrap_or_default(),
            file: self.file,
            found: BTreeMap::new(),
            problems: Vec::new(),
            notes: Vec::new(),
            doubtful: BTreeSet::new(),
            unsure: Vec::new(),
        };
        reading.read_file();
        for (name, text) in &self.environment {
            reading.read_variable(name, text);
        }
        for (flag, field, text) in &self.flags {
            reading.read_flag(flag, field, text);
        }
        reading.judge()
    }
}

struct Reading {
    schema: Value,
    file: Option<(String, String)>,
    found: BTreeMap<String, (toml::Value, Origin)>,
    problems: Vec<Problem>,
    notes: Vec<String>,
    /// See [`Examined`].
    doubtful: BTreeSet<String>,
    /// Bytes of the file that are no TOML, and what they may have spoilt.
    unsure: Vec<Range<usize>>,
}

impl Reading {
    fn read_file(&mut self) {
        let Some((_, text)) = self.file.clone() else { return };
        if text.len() > LONGEST_FILE {
            let problem =
                format!("the file has {} bytes; no configuration is that long", text.len());
            return self.in_file(None, 0..0, problem, "name the right file".to_owned());
        }
        let (table, errors) = DeTable::parse_recoverable(&text);
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            // The parser stumbles on over the rest of a line.
            if self.is_unsure(&(span.start..span.start + 1)) {
                continue;
            }
            let (problem, fix) = words::syntax(&text, span.start, error.message());
            self.unsure.push(spoilt(&text, span.start));
            self.in_file(None, span, problem, fix);
        }
        let schema = self.schema.clone();
        self.walk(table.get_ref(), &schema, "");
    }

    fn is_unsure(&self, span: &Range<usize>) -> bool {
        self.unsure.iter().any(|unsure| unsure.start < span.end && span.start < unsure.end)
    }

    fn walk(&mut self, table: &DeTable<'_>, schema: &Value, above: &str) {
        let mut rows: Vec<_> = table.iter().collect();
        rows.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in rows {
            let name = key.get_ref();
            let field = join(above, name);
            let known = schema.get(name.as_ref());
            let is_table = matches!(value.get_ref(), DeValue::Table(_));
            if self.is_unsure(&key.span()) || (!is_table && self.is_unsure(&value.span())) {
                continue;
            }
            match (known, value.get_ref()) {
                (None, value_read) => {
                    let fix = words::unknown(&self.schema, &field);
                    let problem = "there is no such field".to_owned();
                    let meant = words::meant(&self.schema, &field);
                    self.in_file(Some(field), key.span(), problem, fix);
                    let Some(meant) = meant else { continue };
                    match (at(&self.schema, &meant).cloned(), value_read) {
                        // What stands in a section of a mistyped name is judged as well.
                        (Some(section), DeValue::Table(inner)) if is_section(&section) => {
                            self.walk(inner, &section, &meant);
                        }
                        _ => self.take_as(meant, value),
                    }
                }
                (Some(section), DeValue::Table(inner)) if is_section(section) => {
                    self.walk(inner, section, &field);
                }
                (Some(section), _) if is_section(section) => {
                    let problem = "is a section, and holds no value of its own".to_owned();
                    let fix = format!("write `[{field}]` and its fields below");
                    self.doubtful.insert(field.clone());
                    self.in_file(Some(field), key.span(), problem, fix);
                }
                (Some(default), _) => match tried(&field, value.clone()) {
                    Ok(value_read) => {
                        self.found.insert(field, (value_read, Origin::File(value.span())));
                    }
                    Err(error) => {
                        let (problem, fix) = words::value(&field, default, error.message());
                        let span = error.span().filter(|span| !span.is_empty());
                        self.in_file(
                            Some(field.clone()),
                            span.unwrap_or_else(|| value.span()),
                            problem,
                            fix,
                        );
                        self.doubtful.insert(field);
                    }
                },
            }
        }
    }

    /// A value under a mistyped name: judged as that of the field that was meant, where it can be one.
    fn take_as(&mut self, meant: String, value: &Spanned<DeValue<'_>>) {
        match tried(&meant, value.clone()) {
            Ok(read) if leaf(&self.schema, &meant).is_some() => {
                self.found.entry(meant).or_insert_with(|| (read, Origin::File(value.span())));
            }
            _ => {
                self.doubtful.insert(meant);
            }
        }
    }

    fn read_variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix(PREFIX) else { return };
        let field = rest.to_lowercase().replace("__", ".");
        let default = leaf(&self.schema, &field).cloned();
        if let Some(default) = default {
            let origin = Origin::Environment(name.to_owned());
            return self.take(&field, &default, text, origin);
        }
        if PROGRAM.contains(&rest) {
            return;
        }
        // Orchestrators put variables of their own under our name (CLAVIGER_PORT of a Kubernetes
        // service); with a section of ours in front it can only be meant for us.
        let section = field.split_once('.').and_then(|(section, _)| self.schema.get(section));
        let resembling = words::nearest(&self.schema, &field);
        if section.is_some_and(is_section) {
            let fix = resembling.as_deref().map_or_else(
                || "take the variable away; `claviger config show` lists every field".to_owned(),
                |near| format!("did you mean `{}`?", variable(near)),
            );
            self.doubtful.extend(resembling);
            self.problem_at(
                Some(field),
                Origin::Environment(name.to_owned()),
                "there is no such field".to_owned(),
                fix,
            );
        } else if let Some(near) = resembling {
            self.notes.push(format!(
                "the variable `{name}` is no setting and changes nothing; did you mean `{}`?",
                variable(&near)
            ));
        }
    }

    fn read_flag(&mut self, flag: &str, field: &str, text: &str) {
        match leaf(&self.schema, field).cloned() {
            Some(default) => self.take(field, &default, text, Origin::Flag(flag.to_owned())),
            None => {
                let fix = words::unknown(&self.schema, field);
                let problem = "there is no such field".to_owned();
                self.doubtful.extend(words::meant(&self.schema, field));
                self.problem_at(
                    Some(field.to_owned()),
                    Origin::Flag(flag.to_owned()),
                    problem,
                    fix,
                );
            }
        }
    }

    /// A value that comes as text: as TOML where it reads as TOML of the right kind, else as it stands.
    fn take(&mut self, field: &str, default: &Value, text: &str, origin: Origin) {
        let whole = Spanned::new(0..0, DeValue::String(text.into()));
        let mut error = None;
        for value in DeValue::parse(text).into_iter().chain([whole]) {
            match tried(field, value) {
                Ok(value) => {
                    self.found.insert(field.to_owned(), (value, origin));
                    return;
                }
                // The first says more: it is the nearer to what was meant.
                Err(said) => error = error.or(Some(said)),
            }
        }
        let said = error.as_ref().map_or("cannot be read", toml::de::Error::message);
        let (problem, fix) = words::value(field, default, said);
        self.doubtful.insert(field.to_owned());
        self.problem_at(Some(field.to_owned()), origin, problem, fix);
    }

    fn in_file(&mut self, field: Option<String>, span: Range<usize>, problem: String, fix: String) {
        self.problem_at(field, Origin::File(span), problem, fix);
    }

    fn problem_at(&mut self, field: Option<String>, origin: Origin, problem: String, fix: String) {
        let problem = locate(self.file.as_ref(), field, &origin, problem, fix);
        self.problems.push(problem);
    }

    fn judge(mut self) -> Examined {
        let mut origins = BTreeMap::new();
        let mut whole = toml::Table::new();
        for (field, (value, origin)) in std::mem::take(&mut self.found) {
            put(&mut whole, &field, value);
            origins.insert(field, origin);
        }
        let config = Config::deserialize(whole).unwrap_or_else(|error| {
            let fix = "compare it with the example in the documentation".to_owned();
            self.problem_at(None, Origin::Default, error.message().to_owned(), fix);
            self.unsure.push(0..usize::MAX);
            Config::default()
        });
        let whole = self.unsure.is_empty();
        if !whole {
            self.notes.push("the values are judged together once the whole can be read".to_owned());
        }
        // Port 0 becomes a real one before anything is served.
        let mut bound = config.clone();
        if bound.listen.port() == 0 {
            bound.listen.set_port(DEFAULT_LISTEN.port());
        }
        let notes = self.notes.clone();
        let layered = Layered { config, notes: self.notes, file: self.file, origins };
        let mut examined =
            Examined { problems: self.problems, notes, layered, doubtful: self.doubtful, whole };
        examined.add(bound.problems());
        examined
    }
}

impl Examined {
    /// Judges the files that the configuration names for TLS as well, at `now` (unix seconds).
    #[must_use]
    pub fn with_files(mut self, now: i64) -> Self {
        // What the fields themselves are refused for says enough.
        if !self.problems.iter().any(|problem| problem.is_about("tls")) {
            self.add(self.layered.config.file_problems(now));
        }
        self
    }

    /// Adds what is wrong with the values, but not what only follows from one that could not be read.
    fn add(&mut self, errors: Vec<ConfigError>) {
        let is_doubtful = |field: &&str| {
            self.doubtful.iter().any(|doubtful| {
                field
                    .strip_prefix(doubtful.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        let errors: Vec<ConfigError> = errors
            .into_iter()
            .filter(|error| {
                self.whole && ![error.field].iter().chain(error.beside).any(is_doubtful)
            })
            .collect();
        self.problems.extend(errors.into_iter().map(|error| self.layered.locate(error)));
        self.problems.sort_by_key(Problem::order);
    }
}

impl Problem {
    /// Whether it is about a field of this section.
    fn is_about(&self, section: &str) -> bool {
        self.field.as_ref().is_some_and(|field| field.split('.').next() == Some(section))
    }

    /// As one reads: the file from its top, then the layers above it, and what was written nowhere.
    fn order(&self) -> (usize, usize, usize) {
        let layer = ["file", "environment", "flag"].iter().position(|one| *one == self.source);
        let place = self.place.as_ref().map_or((0, 0), |place| (place.line, place.column));
        (layer.unwrap_or(3), place.0, place.1)
    }
}

impl Layered {
    /// Says where the field of an error was written.
    #[must_use]
    pub fn locate(&self, error: ConfigError) -> Problem {
        let origin = |field: &str| self.origins.get(field).cloned();
        // A default is only wrong beside something that was written.
        let origin = origin(error.field)
            .or_else(|| error.beside.iter().copied().find_map(origin))
            .unwrap_or(Origin::Default);
        locate(self.file.as_ref(), Some(error.field.to_owned()), &origin, error.problem, error.fix)
    }

    /// Every field with its value and where that was written, in the order of the documentation.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        let written = serde_json::to_value(&self.config).unwrap_or_default();
        let mut out = Vec::new();
        self.list(&written, "", &mut out);
        out
    }

    fn list(&self, value: &Value, above: &str, out: &mut Vec<Setting>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let field = join(above, name);
            if above.is_empty() && is_section(value) {
                self.list(value, &field, out);
                continue;
            }
            let origin = self.origins.get(&field).unwrap_or(&Origin::Default);
            let json = words::shown(name, value);
            out.push(Setting {
                value: words::literal(&json),
                json,
                source: source(origin),
                place: place_in_words(self.file.as_ref(), origin),
                field,
            });
        }
    }
}

fn locate(
    file: Option<&(String, String)>,
    field: Option<String>,
    origin: &Origin,
    problem: String,
    fix: String,
) -> Problem {
    let (name, place) = match (origin, file) {
        (Origin::File(span), Some((name, text))) => (name.clone(), Some(Place::of(text, span))),
        (Origin::Environment(name) | Origin::Flag(name), _) => (name.clone(), None),
        _ => (String::new(), None),
    };
    Problem { field, source: source(origin), name, place, problem, fix }
}

const fn source(origin: &Origin) -> &'static str {
    match origin {
        Origin::Default => "default",
        Origin::File(_) => "file",
        Origin::Environment(_) => "environment",
        Origin::Flag(_) => "flag",
    }
}

fn place_in_words(file: Option<&(String, String)>, origin: &Origin) -> String {
    match (origin, file) {
        (Origin::File(span), Some((name, text))) => {
            format!("{name}:{}", Place::of(text, span).line)
        }
        (Origin::Environment(name) | Origin::Flag(name), _) => name.clone(),
        _ => "default".to_owned(),
    }
}

fn join(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}

/// A table with fields of its own. An empty one is a value: a map whose names the operator chooses.
fn is_section(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| !fields.is_empty())
}

/// The default of a field, or of a section.
fn at<'a>(schema: &'a Value, field: &str) -> Option<&'a Value> {
    field.split('.').try_fold(schema, |value, name| value.get(name))
}

/// The default of a field that holds a value.
fn leaf<'a>(schema: &'a Value, field: &str) -> Option<&'a Value> {
    at(schema, field).filter(|found| !is_section(found))
}

/// What a mistake at this byte spoils: its line, or with the heading of a section all that stands below it.
fn spoilt(text: &str, at: usize) -> Range<usize> {
    let at = at.min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |nth| nth + 1);
    let line_end = |from: usize| {
        bytes[from..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |nth| from + nth)
    };
    let mut end = line_end(start);
    if bytes[start..end].trim_ascii_start().starts_with(b"[") {
        while end < text.len() && !bytes[end + 1..].starts_with(b"[") {
            end = line_end(end + 1);
        }
    }
    // With the line end: what the parser misses there belongs to this line.
    start..end + 1
}

fn variable(field: &str) -> String {
    format!("{PREFIX}{}", field.to_uppercase().replace('.', "__"))
}

/// The value, if the field takes it with everything else at its default.
fn tried(field: &str, value: Spanned<DeValue<'_>>) -> Result<toml::Value, toml::de::Error> {
    let span = value.span();
    let mut wrapped = value.clone();
    for name in field.rsplit('.') {
        let key = Spanned::new(span.clone(), name.to_owned().into());
        let mut table = DeTable::new();
        table.insert(key, wrapped);
        wrapped = Spanned::new(span.clone(), DeValue::Table(table));
    }
    if let DeValue::Table(table) = wrapped.into_inner() {
        Config::deserialize(toml::Deserializer::from(Spanned::new(span, table)))?;
    }
    toml::Value::deserialize(value.into_deserializer())
}

fn put(table: &mut toml::Table, field: &str, value: toml::Value) {
    let Some((section, rest)) = field.split_once('.') else {
        table.insert(field.to_owned(), value);
        return;
    };
    let inner =
        table.entry(section.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let toml::Value::Table(inner) = inner {
        put(inner, rest, value);
    }
}

#[cfg(test)]
mod tests;
