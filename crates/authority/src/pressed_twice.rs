//! Forms that used up a recovery code a moment ago.
//!
//! Of a button that is pressed twice the browser shows the second answer only, and the first one's cookie may be lost
//! with it. The very same form is therefore answered alike for some seconds. Nobody else gains by that: a form holds
//! its first step, which opens in that browser only, and whoever sees what the browser sends sees its session's cookie
//! in the next request.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Seconds between the two.
const WINDOW: i64 = 10;
/// More people at once press their buttons once.
const MOST: usize = 1024;

#[derive(Default)]
pub(crate) struct PressedTwice {
    taken: Mutex<VecDeque<([u8; 32], i64)>>,
}

impl PressedTwice {
    /// `form` names what was sent as a whole.
    pub(crate) fn took(&self, form: [u8; 32], now: i64) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|(_, at)| is_near(*at, now));
        if taken.len() == MOST {
            taken.pop_front();
        }
        taken.push_back((form, now));
    }

    pub(crate) fn took_just_now(&self, form: [u8; 32], now: i64) -> bool {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().any(|(known, at)| *known == form && is_near(*at, now))
    }
}

fn is_near(at: i64, now: i64) -> bool {
    now.checked_sub(at).is_some_and(|passed| (0..=WINDOW).contains(&passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_known_for_ten_seconds_and_few_are_kept() {
        let forms = PressedTwice::default();
        forms.took([1; 32], 100);
        for (form, now, known) in [
            ([1; 32], 100, true),
            ([1; 32], 110, true),
            ([1; 32], 111, false),
            ([1; 32], 99, false),
            ([2; 32], 100, false),
        ] {
            assert_eq!(forms.took_just_now(form, now), known, "{now}");
        }
        for nth in 0..2000_u32 {
            let mut form = [0; 32];
            form[..4].copy_from_slice(&nth.to_be_bytes());
            forms.took(form, 105);
        }
        assert_eq!(forms.taken.lock().unwrap().len(), MOST);
        assert!(!forms.took_just_now([1; 32], 105));
        forms.took([3; 32], 200);
        assert_eq!(forms.taken.lock().unwrap().len(), 1);
    }
}
