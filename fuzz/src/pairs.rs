//! Several credentials: two side by side, and all that an input holds together.

use claviger_explain::{
    Observation, Report, TextStyle, diff as compare, diff_text, explain, parts, together,
    together_text,
};
use claviger_token::{Algorithm, Verdict};

use super::stage::{good, is_bounded, keyed, planted, reveals_nothing, stands_in};

/// Stands between the good one and the bad one.
const BETWEEN: u8 = 0xFF;

/// The first byte chooses the algorithm.
pub fn diff(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let algorithm = if first % 2 == 0 { Algorithm::EdDsa } else { Algorithm::Rs256 };
    let token = good(algorithm);
    let (surroundings, _) = keyed(algorithm, 10);
    let mut sides = rest.splitn(2, |byte| *byte == BETWEEN);
    let mut side = || planted(sides.next().unwrap_or_default(), &token);
    let (good, bad) = (side(), side());
    let both = [good.as_slice(), bad.as_slice()].concat();
    let reports = [explain(&good, &surroundings), explain(&bad, &surroundings)];
    let [one, other] = &reports;
    let found = compare(one, other);
    let again = compare(one, one);
    assert!(again.differences.is_empty(), "nothing differs from itself: {:?}", again.differences);
    if found.verdict() == Verdict::Accepted {
        assert!(stands_in(&token, &good) && stands_in(&token, &bad));
    }
    let mut said = vec![found.to_json().to_string(), format!("{found:?}")];
    for width in [0, 80, 200] {
        let style = TextStyle { color: width == 80, width, show_repaired: false };
        said.push(diff_text(&found, &style));
    }
    let all: Vec<Report> =
        parts(&bad).iter().map(|part| explain(&part.input, &surroundings)).collect();
    let observations: Vec<Observation<'_>> = all
        .iter()
        .chain(&reports)
        .enumerate()
        .map(|(nth, report)| Observation { name: format!("the {nth}th"), report, at: None })
        .collect();
    let whole = together(observations);
    said.push(whole.to_json().to_string());
    said.push(format!("{whole:?}"));
    said.push(together_text(&whole, &TextStyle { color: true, width: 60, show_repaired: false }));
    for said in said {
        is_bounded(&said, &both);
        reveals_nothing(&token, &said);
    }
}
