//! The credential as it can be shown: its parts, what stands around it, and where each character stands in
//! the input; abbreviated so that nobody can use what is seen.
//!
//! Of a signature at most a few characters at its ends are kept, of anything else that looks like a
//! secret as well. Decides what is shown; never colours it.

use claviger_token::Span;

use crate::passage::Passage;

/// What a character belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// What was peeled off, or the name of the field.
    Around,
    Header,
    Payload,
    Signature,
    /// A token without parts.
    Opaque,
    Dot,
}

/// A character of the input with its role.
#[derive(Clone, Copy)]
struct Cell {
    c: char,
    span: Span,
    role: Role,
}

/// The credential with what stands around it.
#[derive(Clone, Default)]
pub(crate) struct Picture {
    cells: Vec<Cell>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Picture({} characters)", self.cells.len())
    }
}

/// A character that is shown: itself or an ellipsis, its role, and the characters that it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    pub(crate) role: Role,
    pub(crate) span: Span,
}

/// How many characters are kept of each role: at its beginning, at its end.
struct Keep {
    header: (usize, usize),
    payload: (usize, usize),
    around: (usize, usize),
    near: usize,
    /// For the eyes of others: what the payload says about a person is as secret as a signature.
    private: bool,
}

const GENEROUS: Keep =
    Keep { header: (10, 4), payload: (10, 4), around: (26, 10), near: 8, private: false };
const NARROW: Keep =
    Keep { header: (6, 3), payload: (6, 3), around: (16, 6), near: 5, private: false };
const TIGHT: Keep =
    Keep { header: (3, 2), payload: (3, 2), around: (8, 4), near: 3, private: false };
/// The first characters of a payload spell a brace and the name of a claim.
const PRIVATE: Keep =
    Keep { header: (10, 4), payload: (6, 0), around: (26, 10), near: 8, private: true };
const SIGNATURE: (usize, usize) = (4, 4);
const OPAQUE: (usize, usize) = (6, 0);

/// More of the text around a credential than this says nothing.
const MOST_AROUND: usize = 4096;

impl Picture {
    /// `label` is the field's name, `value` what it carries, `segments` the token's places in the input.
    pub(crate) fn new(label: Option<&Passage>, value: &Passage, segments: &[Vec<Span>]) -> Self {
        let role = |span: Span| -> Role {
            let inside = |places: &Vec<Span>| {
                places.first().zip(places.last()).is_some_and(|(first, last)| {
                    span.start >= first.start && span.end <= last.end && span.end > span.start
                })
            };
            match segments.iter().position(inside) {
                Some(0) if segments.len() == 1 => Role::Opaque,
                Some(0) => Role::Header,
                Some(1) => Role::Payload,
                Some(_) => Role::Signature,
                None => Role::Around,
            }
        };
        let mut cells = Vec::new();
        if let Some(label) = label {
            let text = label.text().chars().enumerate();
            cells.extend(text.map(|(nth, c)| Cell {
                c,
                span: label.span(nth..nth + 1),
                role: Role::Around,
            }));
            let behind = label.span(label.len()..label.len());
            cells.extend(": ".chars().map(|c| Cell { c, span: behind, role: Role::Around }));
        }
        let begin = segments.iter().flatten().map(|span| span.start).min().unwrap_or(usize::MAX);
        let end = segments.iter().flatten().map(|span| span.end).max().unwrap_or(0);
        for (nth, c) in value.text().chars().enumerate() {
            let span = value.span(nth..nth + 1);
            let mut role = role(span);
            if role == Role::Around && c == '.' && span.start >= begin && span.end <= end {
                role = Role::Dot;
            }
            if role == Role::Around && cells.len() > MOST_AROUND + end.saturating_sub(begin) {
                break;
            }
            cells.push(Cell { c, span, role });
        }
        Self { cells }
    }

    /// What is shown in so many columns, the place of `blame` among it.
    pub(crate) fn glyphs(&self, blame: Option<Span>, width: usize) -> Vec<Glyph> {
        for keep in [&GENEROUS, &NARROW, &TIGHT] {
            let glyphs = self.kept(blame, keep);
            if glyphs.len() <= width {
                return glyphs;
            }
        }
        let mut glyphs = self.kept(blame, &TIGHT);
        glyphs.truncate(width);
        glyphs
    }

    /// What is shown to others than the holder of the token: of the payload next to nothing, since whoever
    /// decodes a stretch of it reads what it says.
    pub(crate) fn private_glyphs(&self, blame: Option<Span>, width: usize) -> Vec<Glyph> {
        let mut glyphs = self.kept(blame, &PRIVATE);
        glyphs.truncate(width);
        glyphs
    }

    /// The characters that must not be repeated: those of the signature, or of a token without parts.
    pub(crate) fn secret(&self) -> String {
        let secret = |cell: &&Cell| matches!(cell.role, Role::Signature | Role::Opaque);
        self.cells.iter().filter(secret).map(|cell| cell.c).collect()
    }

    fn kept(&self, blame: Option<Span>, keep: &Keep) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        let mut at = 0;
        while at < self.cells.len() {
            let role = self.cells[at].role;
            let end = at + self.cells[at..].iter().take_while(|cell| cell.role == role).count();
            abbreviate(&self.cells[at..end], role, blame, keep, &mut glyphs);
            at = end;
        }
        glyphs
    }
}

fn touches(span: Span, blame: Span) -> bool {
    if blame.start == blame.end {
        return span.start == blame.start;
    }
    span.start < blame.end && blame.start < span.end
}

fn abbreviate(run: &[Cell], role: Role, blame: Option<Span>, keep: &Keep, out: &mut Vec<Glyph>) {
    let (head, tail) = match role {
        Role::Header => keep.header,
        Role::Payload => keep.payload,
        Role::Around => keep.around,
        Role::Signature => SIGNATURE,
        Role::Opaque => OPAQUE,
        Role::Dot => (run.len(), 0),
    };
    let secret = match role {
        Role::Signature | Role::Opaque => true,
        Role::Header | Role::Payload => keep.private,
        Role::Around | Role::Dot => false,
    };
    // Never more than a third of what is secret.
    let (head, tail, near) = if secret {
        let most = run.len() / 6;
        (head.min(most), tail.min(most), 1.min(most))
    } else {
        (head, tail, keep.near)
    };
    let length = run.len();
    let narrow = blame.and_then(|blame| {
        let first = run.iter().position(|cell| touches(cell.span, blame))?;
        let last = run.iter().rposition(|cell| touches(cell.span, blame))?;
        // A fault of the whole part needs no window; of a long one its beginning is enough.
        (last - first + 1 < length).then_some((first, last.min(first + 19)))
    });
    let mut shown = vec![false; length];
    for (nth, show) in shown.iter_mut().enumerate() {
        *show = nth < head || nth + tail >= length;
    }
    if let Some((first, last)) = narrow {
        let last = if secret { last.min(first + 1) } else { last };
        // In a short secret even three characters are too many.
        if !secret || length >= 24 {
            shown[first.saturating_sub(near)..(last + near + 1).min(length)].fill(true);
        }
    }
    if role == Role::Around {
        mask_words(run, &mut shown, narrow, if keep.private { 13 } else { 20 });
    }
    // An ellipsis for one or two characters saves nothing.
    for nth in 0..length {
        // Three are enough to know, and keep a long text from costing its square.
        let gap = shown[nth..].iter().take(3).take_while(|show| !**show).count();
        if gap > 0 && gap <= 2 && !secret && nth > 0 {
            shown[nth..nth + gap].fill(true);
        }
    }
    let mut nth = 0;
    while nth < length {
        if shown[nth] {
            let cell = run[nth];
            out.push(Glyph { c: visible(cell.c), role, span: cell.span });
            nth += 1;
            continue;
        }
        let gap = shown[nth..].iter().take_while(|show| !**show).count();
        let span = Span { start: run[nth].span.start, end: run[nth + gap - 1].span.end };
        out.push(Glyph { c: '…', role, span });
        nth += gap;
    }
}

/// Long words around a token may be secrets of their own: a refresh token, a second token.
fn mask_words(run: &[Cell], shown: &mut [bool], blame: Option<(usize, usize)>, longest: usize) {
    let mut at = 0;
    while at < run.len() {
        let word = run[at..]
            .iter()
            .take_while(|cell| cell.c.is_ascii_alphanumeric() || "-_.+/=".contains(cell.c))
            .count();
        if word > longest {
            let keep = 4;
            for (nth, show) in shown.iter_mut().enumerate().take(at + word).skip(at + keep) {
                *show =
                    blame.is_some_and(|(first, last)| nth >= first && nth <= last.min(first + 3));
            }
        }
        at += word.max(1);
    }
}

/// A character as it can be seen in one column.
fn visible(c: char) -> char {
    match c {
        '\n' => '↵',
        '\r' => '↵',
        '\t' => '→',
        ' ' => ' ',
        c if c.is_control() || crate::peel::is_invisible(c) => '␣',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_never_shown_whole() {
        for length in [0usize, 3, 10, 43, 86, 342] {
            let text = format!("eyJh.eyJz.{}", "s".repeat(length));
            let value = Passage::plain(&text, 0);
            let places =
                |from: usize, to: usize| (from..to).map(|nth| value.span(nth..nth + 1)).collect();
            let segments = [places(0, 4), places(5, 9), places(10, 10 + length)];
            for blame in [
                None,
                Some(Span { start: 10, end: 10 + length }),
                Some(Span { start: 11, end: 30 }),
            ] {
                let picture = Picture::new(None, &value, &segments);
                let glyphs = picture.glyphs(blame, 76);
                let shown = glyphs.iter().filter(|glyph| glyph.c == 's').count();
                assert!(shown <= length / 2 && shown <= 16, "{length}: {shown}");
            }
        }
    }
}
