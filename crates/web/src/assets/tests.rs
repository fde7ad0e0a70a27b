use super::*;
use std::collections::HashMap;

#[test]
fn names_carry_the_digest_of_the_content() {
    for asset in assets() {
        assert!(asset.path.starts_with("/assets/claviger-"), "{}", asset.path);
        let written = asset.name().trim_start_matches("claviger-").split('.').next().unwrap();
        assert_eq!(written, format!("{:016x}", digest(asset.bytes)));
        assert!(asset.immutable && !asset.bytes.is_empty());
        assert_eq!(find_asset(asset.name()).map(|found| found.path), Some(asset.path));
        assert_eq!(find_asset(asset.path).map(|found| found.path), Some(asset.path));
    }
    assert!(find_asset("claviger.css").is_none());
    assert!(find_asset("").is_none());
    assert_ne!(digest(b"a"), digest(b"b"));
}

#[test]
fn the_stylesheet_loads_nothing_from_anywhere() {
    for word in ["url(", "@import", "http:", "https:", "expression", "javascript"] {
        assert!(!CSS.contains(word), "{word}");
    }
    assert!(!SVG.contains("<script") && !SVG.contains("href"));
}

/// The colours of one theme by their names.
fn colours(block: &str) -> HashMap<&str, [f64; 3]> {
    block
        .lines()
        .filter_map(|line| line.trim().strip_prefix("--")?.trim_end_matches(';').split_once(": #"))
        .map(|(name, hex)| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            (name, [channel(0), channel(2), channel(4)])
        })
        .collect()
}

fn luminance(colour: [f64; 3]) -> f64 {
    0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
}

/// WCAG 2.2 §1.4.3.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn every_pair_of_colours_can_be_read_in_both_themes() {
    let blocks: Vec<&str> = CSS.split(":root {").skip(1).collect();
    let (light, dark) = (colours(blocks[0].split('}').next().unwrap()), {
        colours(blocks[1].split('}').next().unwrap())
    });
    let classes =
        ["header", "malformed", "tampered", "expired", "revoked", "audience-scope", "server"];
    for (theme, colours) in [("light", light), ("dark", dark)] {
        assert_eq!(colours.len(), 17, "{theme}");
        let mut pairs: Vec<(&str, &str, f64)> = Vec::new();
        for ground in ["paper", "sheet", "sunk", "fix-paper"] {
            for ink in ["ink", "soft", "link"] {
                pairs.push((ink, ground, 4.5));
            }
            pairs.push(("focus", ground, 3.0));
        }
        for class in classes {
            pairs.push((class, "paper", 4.5));
            pairs.push((class, "sheet", 4.5));
        }
        pairs.push(("fix-line", "paper", 3.0));
        pairs.push(("fix-line", "sheet", 4.5));
        for (ink, ground, least) in pairs {
            let found = contrast(colours[ink], colours[ground]);
            assert!(found >= least, "{theme}: {ink} on {ground} is {found:.2}");
        }
    }
}

#[test]
fn every_class_has_its_colour() {
    for class in claviger_token::Class::ALL {
        assert!(CSS.contains(&format!(".class-{class} {{ --class: var(--{class}); }}")), "{class}");
    }
}
