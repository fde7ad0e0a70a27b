//! Refresh without false alarms: what becomes of a family of refresh tokens when one of them is used
//! (RFC 9700 §4.14).
//!
//! A family is one grant. Its tokens are numbered, one of them is live, and the next is computed, not
//! invented: so whoever lost an answer, and two tabs that refresh at once, get the very same successor.
//! Who stole a token and whoever was robbed of it cannot both go on: the first of them who uses a number
//! that is over, outside the window, ends the family.
//!
//! Decides; writes nothing. The caller applies a decision with one compare-and-set on the generation.

use serde::{Deserialize, Serialize};

use crate::confirmation::Confirmation;
use crate::error::{OauthCode, OauthFault};

/// Why a family is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FamilyEnd {
    /// A number that was over was used again: somebody has a copy.
    Reused,
    /// The code that began it was redeemed twice: somebody has a copy of that.
    CodeReplayed,
    /// The client gave it back (RFC 7009).
    Revoked,
    /// The session ended.
    SessionEnded,
    /// Everything of the user was ended.
    SubjectRevoked,
    /// Everything of the client was ended.
    ClientRevoked,
}

/// A grant that can be refreshed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// Its id: 128 random bits.
    pub id: String,
    /// Whose it is.
    pub client_id: String,
    /// For whom.
    pub sub: String,
    /// The session it hangs on.
    pub sid: String,
    /// The whole scope that was granted; a refresh may ask for less and never widens it.
    pub scope: String,
    /// The audience; none where only the identity was asked for.
    pub resource: Option<String>,
    /// When the user proved who they are. Unix seconds.
    pub auth_time: i64,
    /// By what, as `amr` names it; separated by spaces.
    #[serde(default)]
    pub amr: String,
    /// Whether each use makes a new number (public bearer clients) or the one token stays.
    pub rotates: bool,
    /// The number of the token that is live.
    pub generation: u32,
    /// When that one was given out. Unix seconds.
    pub rotated_at: i64,
    /// The key that has to be proven at each use (RFC 9449 §5); none where the client proves itself.
    #[serde(default)]
    pub cnf: Option<Confirmation>,
    /// What asked for it: a digest over the way of authentication, scope, resource and sender key.
    pub asked_by: Option<String>,
    /// After this nothing is refreshed, used or not. Unix seconds.
    pub expires_at: i64,
    /// After this nothing is refreshed unless it is used before. Unix seconds.
    pub idle_until: i64,
    /// When and why it ended.
    pub ended: Option<(i64, FamilyEnd)>,
}

/// A refresh token that was presented by a client that proved itself.
#[derive(Clone, Copy, Debug)]
pub struct Used<'a> {
    /// The number in it.
    pub generation: u32,
    /// Who presents it.
    pub client_id: &'a str,
    /// The digest of how it asks.
    pub asks: &'a str,
    /// The number that was live when the request came, where it has lost a race since. Whoever came while
    /// its token was live has stolen nothing, however often others were faster.
    pub met: Option<u32>,
    /// The key that the request proved to hold.
    pub cnf: Option<&'a Confirmation>,
}

/// How long the one token before the live one still gets the live one's answer, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Window(pub u32);

/// The default: the FAPI 2.0 conformance test uses a token again 30 s after its rotation and wants an answer.
pub const REPLAY_WINDOW: Window = Window(60);

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The next number is given out; the record stands once nobody else was faster.
    Rotate(Box<Family>),
    /// The very answer that was given before.
    Replay,
    /// The same token stays, with a new access token beside it.
    Renew(Box<Family>),
    /// Nothing is given out, and the family is as it was.
    Refuse(OauthFault),
    /// Nothing is given out, and the family is over.
    End(Box<Family>, OauthFault),
}

fn refused(code: &'static str, description: &str, fix: &'static str) -> OauthFault {
    OauthFault::new(OauthCode::InvalidGrant, code, description).fix(fix)
}

const LOG_IN: &str = "log the user in again";

/// Decides on a use. `idle_secs` is how long an unused token lives.
#[must_use]
pub fn refresh(
    family: &Family,
    used: Used<'_>,
    window: Window,
    idle_secs: u32,
    now: i64,
) -> Refresh {
    // Owner first: nobody else's request may change anything.
    if used.client_id != family.client_id {
        return Refresh::Refuse(refused(
            "refresh-foreign",
            "the refresh token was issued to another client",
            "use the client that the token was issued to",
        ));
    }
    if family.cnf.is_some() && family.cnf.as_ref() != used.cnf {
        return Refresh::Refuse(refused(
            "refresh-key",
            "the refresh token is bound to a key, and the request does not prove that it holds it",
            "send a DPoP proof, or a certificate, of the key that the first token was asked with",
        ));
    }
    if let Some((_, why)) = family.ended {
        let (code, description) = match why {
            FamilyEnd::Reused => (
                "refresh-reused",
                "a spent refresh token of this grant was used again, so the grant was ended",
            ),
            FamilyEnd::CodeReplayed => (
                "code-replayed",
                "the authorization code of this grant was redeemed twice, so the grant was ended",
            ),
            FamilyEnd::Revoked => ("token-revoked", "the grant was revoked"),
            FamilyEnd::SessionEnded => ("session-ended", "the session of this grant has ended"),
            FamilyEnd::SubjectRevoked => ("subject-revoked", "all grants of this user were ended"),
            FamilyEnd::ClientRevoked => ("client-revoked", "all grants of this client were ended"),
        };
        return Refresh::Refuse(refused(code, description, LOG_IN));
    }
    if now >= family.expires_at || now >= family.idle_until {
        let description = if now >= family.expires_at {
            "the grant has reached its end"
        } else {
            "the refresh token was not used for too long"
        };
        return Refresh::Refuse(refused("refresh-expired", description, LOG_IN));
    }
    let alive = |family: &Family| Family {
        idle_until: now.saturating_add(i64::from(idle_secs)).min(family.expires_at),
        ..family.clone()
    };
    if !family.rotates {
        return Refresh::Renew(Box::new(alive(family)));
    }
    // A number beyond the live one was given out by us all the same: the database is older than it, restored
    // from a backup. It counts as the live one.
    if used.generation >= family.generation {
        return Refresh::Rotate(Box::new(Family {
            generation: used.generation.saturating_add(1),
            rotated_at: now,
            asked_by: Some(used.asks.to_owned()),
            ..alive(family)
        }));
    }
    let is_predecessor = used.generation.checked_add(1) == Some(family.generation);
    // A clock that was set back makes the live one come from the future; that is no reason to accuse anybody.
    let age = now.saturating_sub(family.rotated_at).max(0);
    if is_predecessor && age <= i64::from(window.0) {
        if family.asked_by.as_deref() == Some(used.asks) {
            return Refresh::Replay;
        }
        return Refresh::Refuse(refused(
            "refresh-superseded",
            "this refresh token has a successor, and the request differs from the one that got it",
            "use the newest refresh token",
        ));
    }
    if used.met.is_some_and(|met| used.generation >= met) {
        return Refresh::Refuse(refused(
            "refresh-superseded",
            "other requests with the same refresh token were faster, and its successor was used already",
            "use the newest refresh token",
        ));
    }
    let ended = Family { ended: Some((now, FamilyEnd::Reused)), ..family.clone() };
    Refresh::End(
        Box::new(ended),
        refused(
            "refresh-reused",
            "this refresh token was used before and has been replaced, so the whole grant was ended",
            "log the user in again; store each new refresh token before using it, and use it from one place only",
        ),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn family() -> Family {
        Family {
            id: "f".into(),
            client_id: "app".into(),
            sub: "u".into(),
            sid: "s".into(),
            scope: "openid read".into(),
            resource: Some("https://api.example".into()),
            cnf: None,
            auth_time: NOW,
            amr: "pwd".into(),
            rotates: true,
            generation: 0,
            rotated_at: NOW,
            asked_by: None,
            expires_at: NOW + 90 * 86_400,
            idle_until: NOW + 14 * 86_400,
            ended: None,
        }
    }

    fn used(generation: u32) -> Used<'static> {
        Used { generation, client_id: "app", asks: "a", cnf: None, met: None }
    }

    fn at(family: &Family, used: Used<'_>, now: i64) -> Refresh {
        refresh(family, used, REPLAY_WINDOW, 14 * 86_400, now)
    }

    fn rotated(family: &Family, used: Used<'_>, now: i64) -> Family {
        match at(family, used, now) {
            Refresh::Rotate(next) => *next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lost_answer_is_given_again_and_a_stolen_token_ends_the_family() {
        let first = rotated(&family(), used(0), NOW + 10);
        assert_eq!(first.generation, 1);
        assert_eq!(at(&first, used(0), NOW + 70), Refresh::Replay);
        let other = Used { asks: "b", ..used(0) };
        assert!(
            matches!(at(&first, other, NOW + 20), Refresh::Refuse(fault) if fault.code == "refresh-superseded")
        );
        assert!(
            matches!(at(&first, used(0), NOW + 71), Refresh::End(_, fault) if fault.code == "refresh-reused")
        );
        // The successor was used: the window is closed whatever the time.
        let second = rotated(&first, used(1), NOW + 11);
        let Refresh::End(ended, _) = at(&second, used(0), NOW + 12) else { panic!() };
        for generation in 0..3 {
            assert!(matches!(at(&ended, used(generation), NOW + 13), Refresh::Refuse(_)));
        }
    }

    #[test]
    fn nobody_else_changes_anything() {
        let first = rotated(&rotated(&family(), used(0), NOW), used(1), NOW);
        let thief = Used { client_id: "other", ..used(0) };
        assert!(
            matches!(at(&first, thief, NOW + 1000), Refresh::Refuse(fault) if fault.code == "refresh-foreign")
        );
        // Nor does its own client without the key: the token was stolen, and the thief gets and ends nothing.
        let (own, other) = (Confirmation::Key("k".into()), Confirmation::Key("l".into()));
        let bound = Family { cnf: Some(own.clone()), ..first };
        for cnf in [None, Some(&other)] {
            for generation in 0..4 {
                let thief = Used { cnf, ..used(generation) };
                assert!(
                    matches!(at(&bound, thief, NOW + 1000), Refresh::Refuse(fault) if fault.code == "refresh-key")
                );
            }
        }
        let owner = Used { cnf: Some(&own), ..used(2) };
        assert_eq!(rotated(&bound, owner, NOW + 1000).generation, 3);
    }

    #[test]
    fn ends_that_are_no_alarm() {
        let idle = Family { idle_until: NOW, ..family() };
        let over = Family { expires_at: NOW, ..family() };
        let ended = Family { ended: Some((NOW, FamilyEnd::SessionEnded)), ..family() };
        for (family, code) in
            [(idle, "refresh-expired"), (over, "refresh-expired"), (ended, "session-ended")]
        {
            let Refresh::Refuse(fault) = at(&family, used(0), NOW) else { panic!() };
            assert_eq!((fault.code, fault.status()), (code, 400));
        }
        // An old backup is no theft; nor is a clock that was set back.
        assert_eq!(rotated(&family(), used(7), NOW).generation, 8);
        let ahead = Family {
            generation: 1,
            rotated_at: NOW + 4000,
            asked_by: Some("a".into()),
            ..family()
        };
        assert_eq!(at(&ahead, used(0), NOW), Refresh::Replay);
        let stays = Family { rotates: false, ..family() };
        assert!(matches!(at(&stays, used(0), NOW + 5), Refresh::Renew(_)));
    }

    /// The authority with one family, one clock and a crash between any two steps; what it answers is what
    /// a client holds if the answer arrives.
    struct World {
        family: Family,
        now: i64,
    }

    impl World {
        /// The token that the client holds afterwards; none where it is refused.
        fn present(&mut self, generation: u32, asks: &str) -> Option<u32> {
            match at(&self.family, Used { asks, ..used(generation) }, self.now) {
                Refresh::Rotate(next) => {
                    self.family = *next;
                    Some(self.family.generation)
                }
                Refresh::Replay => Some(self.family.generation),
                Refresh::End(ended, _) => {
                    self.family = *ended;
                    None
                }
                Refresh::Renew(_) | Refresh::Refuse(_) => None,
            }
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// So many parallel uses of the held token; the answers of some are lost.
        Refresh { parallel: usize, lost: usize },
        /// Time passes.
        Wait(i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => (1_usize..6, 0_usize..6).prop_map(|(parallel, lost)| Step::Refresh { parallel, lost }),
            1 => (0_i64..3600).prop_map(Step::Wait),
        ]
    }

    proptest! {
        /// Whatever is lost on the way, a client that tries again within the window is never logged out, and
        /// there is one live token.
        #[test]
        fn an_honest_client_is_never_logged_out(steps in prop::collection::vec(step(), 1..40)) {
            let mut world = World { family: family(), now: NOW };
            let mut held = 0;
            for step in steps {
                match step {
                    Step::Wait(seconds) => world.now += seconds,
                    Step::Refresh { parallel, lost } => {
                        let answers: Vec<Option<u32>> =
                            (0..parallel).map(|_| world.present(held, "a")).collect();
                        prop_assert!(answers.iter().all(|answer| *answer == Some(world.family.generation)));
                        prop_assert_eq!(world.family.generation, held + 1);
                        // All answers lost: it tries again, at once, with what it has.
                        held = if lost < parallel {
                            world.family.generation
                        } else {
                            let again = world.present(held, "a");
                            prop_assert_eq!(again, Some(world.family.generation));
                            world.family.generation
                        };
                    }
                }
                prop_assert!(world.family.ended.is_none());
            }
        }

        /// A thief copies the token at some moment; from then on both use what they hold, in any order and at
        /// any distance beyond the window. The second of them to use a spent number ends it for both.
        #[test]
        fn a_stolen_token_does_not_survive_its_detection(
            before in 0_u32..5,
            moves in prop::collection::vec((any::<bool>(), 61_i64..4000), 2..30),
        ) {
            let mut world = World { family: family(), now: NOW };
            let mut owner = 0;
            for _ in 0..before {
                owner = world.present(owner, "a").unwrap();
            }
            let mut thief = owner;
            let (mut by_owner, mut by_thief) = (false, false);
            for (is_owner, wait) in moves {
                world.now += wait;
                let held = if is_owner { &mut owner } else { &mut thief };
                if let Some(next) = world.present(*held, "a") {
                    *held = next;
                }
                by_owner |= is_owner;
                by_thief |= !is_owner;
                if by_owner && by_thief {
                    // Both have used what was one token: detected, and nothing works any more.
                    prop_assert!(world.family.ended.is_some());
                    prop_assert_eq!(world.present(owner, "a"), None);
                    prop_assert_eq!(world.present(thief, "a"), None);
                }
            }
        }
    }
}
