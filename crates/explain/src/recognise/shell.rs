//! The words of a command line as a shell would hand them on: POSIX with `$'…'`, and cmd with `^`.
//!
//! Expands nothing: `$TOKEN` stays as it is, for a variable that was left in is what one wants to see.

use crate::passage::Passage;

/// The words of the first command in the text.
pub(crate) fn words(command: &Passage) -> Vec<Passage> {
    let characters: Vec<char> = command.text().chars().collect();
    if is_cmd(&characters) {
        let bare = without_carets(command, &characters);
        let characters: Vec<char> = bare.text().chars().collect();
        return Splitter::new(&bare, &characters, true).run();
    }
    Splitter::new(command, &characters, false).run()
}

/// Whether carets escape: at a line's end or before a quote.
fn is_cmd(characters: &[char]) -> bool {
    characters.windows(2).any(|pair| pair[0] == '^' && matches!(pair[1], '"' | '\n' | '\r'))
}

/// cmd.exe: a caret takes away what is special about the next character; before a line's end, the line's end.
fn without_carets(command: &Passage, characters: &[char]) -> Passage {
    let mut out = Passage::empty(command.whole().start);
    let mut at = 0;
    while at < characters.len() {
        let (skip, take) = match (characters[at], characters.get(at + 1), characters.get(at + 2)) {
            ('^', Some('\r'), Some('\n')) => (3, false),
            ('^', Some('\n'), _) => (2, false),
            ('^', Some(_), _) => (1, true),
            _ => (0, true),
        };
        at += skip;
        if take {
            let Some(c) = characters.get(at) else { break };
            out.push_from(*c, command, at..at + 1);
            at += 1;
        }
    }
    out
}

struct Splitter<'c> {
    source: &'c Passage,
    characters: &'c [char],
    at: usize,
    /// cmd: no single quotes, no `$'…'`, a backslash only before a quote.
    cmd: bool,
    words: Vec<Passage>,
    open: Option<Passage>,
}

impl<'c> Splitter<'c> {
    fn new(source: &'c Passage, characters: &'c [char], cmd: bool) -> Self {
        Self { source, characters, at: 0, cmd, words: Vec::new(), open: None }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn begin(&mut self) {
        if self.open.is_none() {
            self.open = Some(Passage::empty(self.source.span(self.at..self.at).start));
        }
    }

    /// Adds a character that stands for the next `length` ones.
    fn take(&mut self, c: char, length: usize) {
        self.begin();
        let end = (self.at + length).min(self.characters.len());
        if let Some(open) = &mut self.open {
            open.push_from(c, self.source, self.at..end);
        }
        self.at = end;
    }

    fn run(mut self) -> Vec<Passage> {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                (' ' | '\t', _) => {
                    self.words.extend(self.open.take());
                    self.at += 1;
                }
                ('\r', _) => self.at += 1,
                // A pasted command may be broken over lines without a backslash; a new command is not.
                ('\n', _) => {
                    self.words.extend(self.open.take());
                    self.at += 1;
                    let rest: String = self.characters[self.at..].iter().take(40).collect();
                    if !rest.trim_start().starts_with('-') {
                        break;
                    }
                }
                ('\\' | '`', Some('\n')) if !self.cmd => self.at += 2,
                ('\\' | '`', Some('\r')) if !self.cmd && self.peek(2) == Some('\n') => self.at += 3,
                ('$', Some('\'')) if !self.cmd => {
                    self.begin();
                    self.at += 2;
                    self.ansi_c();
                }
                ('\'', _) if !self.cmd => {
                    self.begin();
                    self.at += 1;
                    self.single();
                }
                ('"', _) => {
                    self.begin();
                    self.at += 1;
                    self.double();
                }
                ('\\', Some('"')) if self.cmd => self.take('"', 2),
                ('\\', Some(next)) if !self.cmd => self.take(next, 2),
                ('|' | ';', _) if !self.cmd => break,
                ('&', Some('&')) => break,
                ('>' | '<', _) if !self.cmd && self.open.is_none() => break,
                _ => self.take(c, 1),
            }
        }
        self.words.extend(self.open.take());
        self.words
    }

    fn single(&mut self) {
        while let Some(c) = self.peek(0) {
            if c == '\'' {
                self.at += 1;
                return;
            }
            self.take(c, 1);
        }
    }

    fn double(&mut self) {
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('"', _) => {
                    self.at += 1;
                    return;
                }
                ('\\', Some('\n')) if !self.cmd => self.at += 2,
                ('\\', Some(next @ ('"' | '\\'))) => self.take(next, 2),
                ('\\', Some(next @ ('$' | '`'))) if !self.cmd => self.take(next, 2),
                _ => self.take(c, 1),
            }
        }
    }

    /// `$'…'` of bash, which browsers write for anything that is not plain.
    fn ansi_c(&mut self) {
        while let Some(c) = self.peek(0) {
            if c == '\'' {
                self.at += 1;
                return;
            }
            if c != '\\' {
                self.take(c, 1);
                continue;
            }
            match self.peek(1) {
                Some('n') => self.take('\n', 2),
                Some('r') => self.take('\r', 2),
                Some('t') => self.take('\t', 2),
                Some('a') => self.take('\u{7}', 2),
                Some('b') => self.take('\u{8}', 2),
                Some('e' | 'E') => self.take('\u{1B}', 2),
                Some('f') => self.take('\u{C}', 2),
                Some('v') => self.take('\u{B}', 2),
                Some('x') => self.code(2, 2, 16),
                Some('u') => self.code(2, 4, 16),
                Some('U') => self.code(2, 8, 16),
                Some('0'..='7') => self.code(1, 3, 8),
                Some(next @ ('\\' | '\'' | '"' | '?')) => self.take(next, 2),
                // Of what is no escape, the backslash stays.
                Some(_) | None => self.take('\\', 1),
            }
        }
    }

    /// A code point in up to `most` digits, `skip` characters ahead; without a digit it is no escape.
    fn code(&mut self, skip: usize, most: usize, radix: u32) {
        let digits: Vec<u32> = self.characters[(self.at + skip).min(self.characters.len())..]
            .iter()
            .take(most)
            .map_while(|c| c.to_digit(radix))
            .collect();
        if digits.is_empty() {
            self.take('\\', 1);
            return;
        }
        let value =
            digits.iter().fold(0u32, |sum, digit| sum.wrapping_mul(radix).wrapping_add(*digit));
        let c = char::from_u32(value).unwrap_or('\u{FFFD}');
        self.take(c, skip + digits.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(command: &str) -> Vec<String> {
        words(&Passage::plain(command, 0)).iter().map(|word| word.text().to_owned()).collect()
    }

    #[test]
    fn words_come_out_as_the_shell_hands_them_on() {
        for (command, expected) in [
            ("curl -H 'A: b c' https://x", vec!["curl", "-H", "A: b c", "https://x"]),
            ("curl \\\n  -H \"A: \\\"b\\\" $T\" x", vec!["curl", "-H", "A: \"b\" $T", "x"]),
            ("curl -H $'A: b\\'c\\u00e9\\n' x | jq .", vec!["curl", "-H", "A: b'cé\n", "x"]),
            ("curl $'a\\Lb\\x\\056\\?c'", vec!["curl", "a\\Lb\\x.?c"]),
            ("curl a''b\"\" '' c", vec!["curl", "ab", "", "c"]),
            (
                "curl ^\"https://x^\" ^\n -H ^\"A: ^\\^\"q^\\^\" 100^%^\"",
                vec!["curl", "https://x", "-H", "A: \"q\" 100%"],
            ),
            ("curl \"https://x\" ^\r\n -H \"A: b\"", vec!["curl", "https://x", "-H", "A: b"]),
            ("curl 'unclosed", vec!["curl", "unclosed"]),
            ("curl a && rm b", vec!["curl", "a"]),
        ] {
            assert_eq!(split(command), expected, "{command}");
        }
    }

    #[test]
    fn a_word_points_at_its_characters() {
        let command = "curl -H $'A: \\u0041z'";
        let found = words(&Passage::plain(command, 5));
        assert_eq!(found[2].text(), "A: Az");
        let span = found[2].span(3..4);
        assert_eq!(&command[span.start - 5..span.end - 5], "\\u0041");
    }

    proptest! {
        #[test]
        fn no_command_makes_it_panic(command in "[-a '\"\\\\$^\n\rxu0;|&`]{0,40}") {
            let _ = split(&command);
        }
    }
}
