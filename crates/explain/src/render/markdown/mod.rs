//! The report for others: a Markdown text that the support of a provider can work with.
//!
//! Says what is wrong and what proves it, of which kind the token is, and what it was judged by. Holds no
//! signature, no secret and no personal claim; nothing in it can become a link, an image or HTML but what
//! is written here. Decides nothing: the verdict is the report's.

mod claims;
mod context;
mod hide;
mod safe;

use claviger_token::{Fact, Fault, Span, Verdict};

use self::hide::Hide;
use self::safe::{block, code, plain};
use super::text::{is_blamed, proof, who};
use super::wrap::broken;
use crate::report::{Diagnosed, Report};
use crate::surroundings::Surroundings;

/// How every such report begins: by this a file is known to be one.
pub const MARKDOWN_BEGIN: &str = "# Claviger report: ";

/// The columns of what stands in blocks.
const WIDTH: usize = 96;
/// More faults than this are counted.
const MOST_FAULTS: usize = 30;
/// More lines of one kind than this are counted.
const MOST_LINES: usize = 60;

/// Writes a report that may be given to others: to the issuer's or the API's support.
#[must_use]
pub fn markdown(report: &Report, surroundings: &Surroundings) -> String {
    let hide = Hide::new(report, surroundings);
    let mut page = Page { out: String::new(), hide };
    page.head(report);
    page.place(report);
    page.faults(report);
    page.warnings(report);
    page.token(report);
    page.title("What it was judged by");
    page.list(&context::policy(surroundings, &page.hide));
    page.title("Keys at hand");
    page.list(&context::keys(surroundings, &page.hide));
    page.checks(report);
    page.again(surroundings);
    page.out
}

struct Page {
    out: String,
    hide: Hide,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn title(&mut self, text: &str) {
        self.line(&format!("\n## {text}\n"));
    }

    fn list(&mut self, lines: &[String]) {
        for line in lines.iter().take(MOST_LINES) {
            self.line(&format!("- {line}"));
        }
        if lines.len() > MOST_LINES {
            self.line(&format!("- and {} more", lines.len() - MOST_LINES));
        }
    }

    /// A sentence with values of others in it.
    fn said(&mut self, text: &str) {
        // Blotted out before it is broken: a value may stand on two lines.
        let text: String =
            self.hide.blot(text).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let lines: Vec<String> = broken(&text, WIDTH).iter().map(|line| plain(line)).collect();
        self.line(&format!("\n{}", block(&lines)));
    }

    fn head(&mut self, report: &Report) {
        self.line(&format!("{MARKDOWN_BEGIN}{}\n", report.verdict.as_str()));
        let said = match (report.verdict, report.first()) {
            (_, Some(first)) => format!(
                "**{}** (`{}`, {}). First to act is {}.",
                first.fault.code.title(),
                first.fault.code,
                first.certainty.as_str(),
                who(first.fault.code.who())
            ),
            (Verdict::Accepted, None) => "**The token is good.**".to_owned(),
            (_, None) => {
                "**Nothing speaks against it; without a key the signature was not checked.**"
                    .to_owned()
            }
        };
        self.line(&said);
        self.line(
            "\nThis report holds no signature, no secret and no personal claim: what is masked is described by \
             its type and length. `kid`, `jti` and the client's id are shown, for a provider finds its own \
             records by them. Times are UTC.",
        );
    }

    /// The credential, hardly anything of it, with a caret under the place to blame.
    fn place(&mut self, report: &Report) {
        let blame = report.first().and_then(|first| first.fault.span);
        let glyphs = report.picture.private_glyphs(blame, WIDTH);
        if glyphs.is_empty() {
            return;
        }
        let shown: String = glyphs.iter().map(|glyph| glyph.c).collect();
        let mut lines = vec![self.hide.dotted(&shown)];
        let marks = |blame: Span| -> String {
            let mark = |span: Span| if is_blamed(span, blame) { '^' } else { ' ' };
            glyphs.iter().map(|glyph| mark(glyph.span)).collect()
        };
        let marks = blame.map(marks).unwrap_or_default();
        if marks.contains('^') {
            lines.push(marks.trim_end().to_owned());
        }
        self.title("Where");
        self.line(block(&lines).trim_end());
        if let Some(blame) = blame {
            let (first, last) = (blame.start + 1, blame.end.max(blame.start + 1));
            let place = if first == last {
                format!("character {first}")
            } else {
                format!("characters {first} to {last}")
            };
            self.line(&format!("\nTo blame: {place} of the input."));
        }
    }

    fn faults(&mut self, report: &Report) {
        if report.faults.is_empty() {
            return;
        }
        self.title("What is wrong");
        if report.layers > 0 {
            let undone: Vec<String> = report
                .faults
                .iter()
                .take(report.layers.min(MOST_FAULTS))
                .map(|one| format!("`{}`", one.fault.code))
                .collect();
            self.line(&format!(
                "Around the token, and undone in this order to judge what is inside: {}.\n",
                undone.join(", ")
            ));
        }
        for (nth, one) in report.faults.iter().enumerate().take(MOST_FAULTS) {
            self.fault(nth, one, report);
        }
        if report.faults.len() > MOST_FAULTS {
            self.line(&format!("And {} more.", report.faults.len() - MOST_FAULTS));
        }
    }

    fn fault(&mut self, nth: usize, one: &Diagnosed, report: &Report) {
        let code = one.fault.code;
        if nth > 0 {
            self.line("");
        }
        self.line(&format!("### {}. {} (`{code}`)", nth + 1, code.title()));
        self.said(&one.detail());
        let sure = if nth == 0 { proof(one, report) } else { one.certainty.as_str() };
        let mut lines = vec![
            format!("how sure: {sure}"),
            format!("who acts: {}", who(code.who())),
            format!("fix: {}", code.fix()),
        ];
        if nth == 0
            && let Some(token) = report.token.as_ref().filter(|token| token.advice_fits)
            && let Some(advice) = token.advice
        {
            lines.push(match token.product {
                Some(product) => format!("with {product}: {advice}"),
                None => format!("how its holder can try it: {advice}"),
            });
        }
        lines.push(format!("rests on: {}", clause(code.clause())));
        lines.push(format!("more: `claviger faults {code}`"));
        self.list(&lines);
        let evidence = evidence(&one.fault, report.now, &self.hide);
        if !evidence.is_empty() {
            self.line("- evidence:");
            for line in evidence {
                self.line(&format!("  - {line}"));
            }
        }
    }

    fn warnings(&mut self, report: &Report) {
        if report.warnings.is_empty() {
            return;
        }
        self.title("Before it hurts");
        for (nth, warning) in report.warnings.iter().enumerate() {
            if nth > 0 {
                self.line("");
            }
            let later = warning.code.map(|code| format!(" (later `{code}`)")).unwrap_or_default();
            self.line(&format!("### {}. {}{later}", nth + 1, warning.title));
            self.said(&warning.detail);
            self.line(&format!("- fix: {}", warning.fix));
        }
    }

    fn token(&mut self, report: &Report) {
        self.title("The token");
        let mut lines = vec![format!("taken from: {}", report.input.as_str())];
        if let Some(ride) = &report.ride {
            let named = |label: &str, text: &Option<String>| {
                text.as_ref()
                    .map(|text| format!(", {label} {}", code(&self.hide.blot(text))))
                    .unwrap_or_default()
            };
            lines.push(format!(
                "sent in: {}{}{}, a line of {} bytes",
                ride.place,
                named("field", &ride.name),
                named("scheme", &ride.scheme),
                ride.bytes
            ));
        }
        let Some(token) = &report.token else {
            lines.push("no token was found that could be read".to_owned());
            self.list(&lines);
            self.notes(report);
            return;
        };
        lines.push(match token.kind {
            "jws" => format!(
                "kind: signed (JWS), signature {}, of {} bytes",
                token.signature.as_str(),
                token.signature_bytes
            ),
            "jwe" => "kind: encrypted (JWE)".to_owned(),
            _ => "kind: opaque; nothing of it is repeated here".to_owned(),
        });
        let general = token.advice.filter(|_| !token.advice_fits);
        let general = general.map(|advice| format!(" ({advice})")).unwrap_or_default();
        lines.extend(token.product.map(|product| format!("made by: {product}{general}")));
        self.list(&lines);
        self.notes(report);
        for (title, members) in [
            ("Header", claims::of_header(&token.header, &self.hide)),
            ("Claims", claims::of_payload(&token.claims, report.now, &self.hide)),
        ] {
            if !members.is_empty() {
                self.line(&format!("\n### {title}\n"));
                for member in members {
                    self.line(&format!("- {member}"));
                }
            }
        }
    }

    fn notes(&mut self, report: &Report) {
        for note in report.notes.iter().take(MOST_LINES) {
            self.said(note);
        }
    }

    fn checks(&mut self, report: &Report) {
        self.title("Checks");
        let lines: Vec<String> = report
            .checks
            .iter()
            .map(|line| {
                if line.detail.is_empty() {
                    return format!("{} {}", line.check, line.outcome);
                }
                format!("{} {}: {}", line.check, line.outcome, code(&self.hide.blot(&line.detail)))
            })
            .collect();
        self.list(&lines);
    }

    fn again(&mut self, surroundings: &Surroundings) {
        self.title("To see it again");
        self.line(&format!(
            "Made by claviger {}. With the same input in the file `INPUT`:\n",
            env!("CARGO_PKG_VERSION")
        ));
        let lines = context::command(surroundings, &self.hide);
        self.line(block(&lines).trim_end());
    }
}

/// A clause with its address, where it is an RFC's.
fn clause(clause: &str) -> String {
    let Some((number, section)) =
        clause.strip_prefix("RFC ").and_then(|rest| rest.split_once(" §"))
    else {
        return clause.to_owned();
    };
    format!("[{clause}](https://www.rfc-editor.org/rfc/rfc{number}#section-{section})")
}

/// The values that show a fault, each in a line.
fn evidence(fault: &Fault, now: i64, hide: &Hide) -> Vec<String> {
    let line = |(name, fact): &(&'static str, Fact)| {
        let said = match fact {
            Fact::Time(at) => claims::moment(*at, now),
            Fact::Lasting(seconds) => {
                format!("{} (`{seconds}` s)", claviger_token::lasting(*seconds))
            }
            Fact::Count(count) => format!("`{count}`"),
            Fact::Text(text) | Fact::Words(text) => code(&hide.blot(text)),
            Fact::List(list) if list.is_empty() => "nothing".to_owned(),
            Fact::List(list) => {
                let said: Vec<String> =
                    list.iter().take(20).map(|text| code(&hide.blot(text))).collect();
                said.join(", ")
            }
        };
        format!("{name}: {said}")
    };
    fault.evidence().iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use claviger_token::Code;

    #[test]
    fn clauses_of_rfcs_have_an_address() {
        assert_eq!(
            clause("RFC 7519 §4.1.4"),
            "[RFC 7519 §4.1.4](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4)"
        );
        assert_eq!(clause("OpenID Connect Core §2"), "OpenID Connect Core §2");
        for code in Code::ALL {
            let words = [code.title(), code.fix(), code.clause()].concat();
            assert_eq!(words.matches('`').count() % 2, 0, "{code}");
            let outside: String = words.split('`').step_by(2).collect();
            assert!(!outside.contains(['<', '|', '*']), "{code}: {outside}");
        }
    }
}
