//! The catalogue as Markdown, for `docs/faults`. Says the same as the pages, from the same rows.

use std::fmt::Write as _;

use claviger_explain::{Step, confirm, remedies, stacks};
use claviger_token::{Class, Code};

use crate::clause::source_url;
use crate::page::answer;
use crate::{Site, legend, specimen};

/// The document of one cause: `docs/faults/{code}.md`.
#[must_use]
pub fn fault_markdown(code: Code) -> String {
    let row = code.row();
    let specimen = specimen(code);
    let answered = match row.error {
        Some(error) => format!("{}, `{error}`", legend::status_line(row.status)),
        None => legend::status_line(row.status).to_owned(),
    };
    let source = match source_url(row.clause) {
        Some(url) => format!("[{}]({url})", row.clause),
        None => row.clause.to_owned(),
    };
    let mut out = format!("# {}\n\n`{}`\n\n", row.title, row.code);
    let mut section = |title: &str, text: &str| {
        let _ = write!(out, "## {title}\n\n{text}\n\n");
    };
    section(
        "What to do",
        &format!(
            "{}\n\n**Who acts: {}**, {}.",
            row.fix,
            legend::who_title(row.who),
            legend::who_meaning(row.who)
        ),
    );
    section("What it means", row.explanation);
    section(
        "What it looks like",
        &format!(
            "```text\n{}\n```\n\nA report says of it:\n\n> {}",
            specimen.looks,
            specimen.fault.detail()
        ),
    );
    section("How to confirm it", &steps(confirm(code)));
    section("How to fix it", &fixes(code));
    section(
        "What a guard answers",
        &format!(
            "{}\n\n```http\n{}\n```",
            legend::answer_meaning(code),
            answer(&Site::new("https://id.example"), &specimen.fault)
        ),
    );
    let class = row.class;
    section(
        "In short",
        &format!(
            "- Class: [{}](README.md#{class})\n- Proven {}: {}\n- Answer: {answered}\n- Source: {source}",
            legend::class_title(class),
            legend::proof_title(row.proof),
            legend::proof_meaning(row.proof)
        ),
    );
    ended(out)
}

/// The steps as a list; a command stands under its step.
fn steps(steps: &[Step]) -> String {
    let mut out = String::new();
    for (nth, step) in steps.iter().enumerate() {
        let _ = write!(out, "{}. {}\n\n", nth + 1, step.text);
        if let Some(command) = step.command {
            let command = command.replace('\n', "\n   ");
            let _ = write!(out, "   ```sh\n   {command}\n   ```\n\n");
        }
    }
    out.trim_end().to_owned()
}

/// One heading for each language or product, with its lines.
fn fixes(code: Code) -> String {
    let mut out = String::from(
        "Names such as `https://id.example` (the issuer) and `https://api.example` (the API) stand \
         for your own.\n\n",
    );
    let remedies = remedies(code);
    for stack in stacks(code) {
        let _ = write!(out, "### {}\n\n", stack.title());
        for remedy in remedies.iter().filter(|remedy| remedy.stack == stack) {
            let _ = write!(out, "{}\n\n", remedy.text);
            if let Some(lines) = remedy.snippet {
                let _ = write!(out, "```{}\n{}\n```\n\n", lines.language(), lines.text);
            }
        }
    }
    out.trim_end().to_owned()
}

/// The document of all causes: `docs/faults/README.md`.
#[must_use]
pub fn fault_index_markdown() -> String {
    let mut out = format!("# The {} causes of a refused token\n\n", Code::ALL.len());
    out.push_str(
        "Every cause that Claviger can name, by class. A code never changes once it is released: it \
         stands in the JSON of `claviger explain`, in the answers of guard and gate, in metrics and in \
         the journal.\n\nThese files are made from the catalogue in `crates/token/src/catalogue.rs`.\n\n",
    );
    for class in Class::ALL {
        // The heading's own anchor would change with its words.
        let _ = write!(
            out,
            "<a id=\"{class}\"></a>\n\n## {}\n\n{}\n\n| Cause | Code | Who acts | Proven | Answer |\n\
             |---|---|---|---|---|\n",
            legend::class_title(*class),
            legend::class_meaning(*class)
        );
        for code in legend::causes(*class) {
            let _ = writeln!(
                out,
                "| [{}]({code}.md) | `{code}` | {} | {} | {} |",
                code.title(),
                legend::who_title(code.who()),
                legend::proof_title(code.proof()),
                code.status()
            );
        }
        out.push('\n');
    }
    ended(out)
}

/// A text file ends with one newline.
fn ended(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text outside of code, where Markdown would read markup.
    fn outside_code(text: &str) -> String {
        let mut kept = String::new();
        for (nth, block) in text.split("```").enumerate() {
            if nth % 2 == 0 {
                let words = block.split('`').enumerate().filter(|(nth, _)| nth % 2 == 0);
                words.for_each(|(_, words)| kept.push_str(words));
            }
        }
        kept
    }

    #[test]
    fn every_document_is_whole_and_no_word_of_it_is_taken_for_markup() {
        for code in Code::ALL {
            let text = fault_markdown(*code);
            assert!(text.starts_with("# ") && text.ends_with('\n') && !text.ends_with("\n\n"));
            assert!(text.contains(code.explanation()) && text.contains(code.fix()), "{code}");
            assert_eq!(text.matches("```").count() % 2, 0, "{code}");
            for part in ["\n## How to confirm it\n\n1. ", "\n## How to fix it\n", "\n### "] {
                assert!(text.contains(part), "{code}: {part}");
            }
            // The address of a link is no text either.
            let words: String = outside_code(&text)
                .split("](")
                .map(|part| part.split_once(')').map_or(part, |(_, words)| words))
                .collect();
            assert!(!words.contains(['<', '_', '|']), "{code}: {words}");
        }
    }

    #[test]
    fn the_index_links_every_document() {
        let text = fault_index_markdown();
        for code in Code::ALL {
            assert!(text.contains(&format!("]({code}.md)")), "{code}");
        }
        for class in Class::ALL {
            assert!(text.contains(&format!("<a id=\"{class}\"></a>")), "{class}");
        }
    }
}
