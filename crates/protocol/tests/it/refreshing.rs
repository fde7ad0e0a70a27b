//! Every interleaving of parallel refreshes, lost answers, stalls and crashes.
//!
//! The authority is played step by step: a request is read, decided on by the real rule, written by
//! compare-and-set, answered. Between any two steps anything else may happen. The client is honest and
//! unlucky: it uses its token from several places at once, hears some answers, none, or all, and tries
//! again within the window with what it holds.

use claviger_protocol::{Family, REPLAY_WINDOW, Refresh, Used, refresh};
use proptest::prelude::*;

const NOW: i64 = 1_795_000_000;
const IDLE: u32 = 14 * 86_400;

fn family() -> Family {
    serde_json::from_value(serde_json::json!({
        "id": "f", "client_id": "app", "sub": "u", "sid": "s", "scope": "openid",
        "resource": null, "auth_time": NOW, "rotates": true, "generation": 0, "rotated_at": NOW,
        "asked_by": null, "expires_at": NOW + 90 * 86_400, "idle_until": NOW + i64::from(IDLE),
        "ended": null
    }))
    .unwrap()
}

/// An answer: the token in it, and which signing made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    generation: u32,
    signing: u64,
}

/// A request inside the authority.
#[derive(Clone, Debug)]
struct Request {
    presented: u32,
    /// What was live when it came.
    met: Option<u32>,
    /// What was decided on the record as it stood then, not yet written.
    decided: Option<(u32, Box<Family>, Answer)>,
    answered: Option<Answer>,
    /// Whether its client still waits for it.
    awaited: bool,
}

struct World {
    family: Family,
    /// The last answer, and the token that opens it.
    sealed: Option<(u32, Answer)>,
    signings: u64,
    now: i64,
    requests: Vec<Request>,
    held: u32,
    heard: Vec<Answer>,
    /// When the client first used what it holds.
    began: Option<i64>,
}

impl World {
    fn new() -> Self {
        Self {
            family: family(),
            sealed: None,
            signings: 0,
            now: NOW,
            requests: Vec::new(),
            held: 0,
            heard: Vec::new(),
            began: None,
        }
    }

    fn send(&mut self, parallel: usize) {
        if self.requests.iter().any(|request| request.awaited) {
            return;
        }
        self.began.get_or_insert(self.now);
        let request = Request {
            presented: self.held,
            met: None,
            decided: None,
            answered: None,
            awaited: true,
        };
        let first = self.requests.len();
        self.requests.extend(std::iter::repeat_n(request, parallel));
        // Each is looked at as it comes; what is not done by that goes to the end of the row.
        for _ in 0..parallel {
            self.step(first);
        }
    }

    /// Carries one request a step on.
    fn step(&mut self, place: usize) {
        let Some(mut request) = take(&mut self.requests, place) else { return };
        if let Some((from, next, answer)) = request.decided.take() {
            if self.family.generation == from && self.family.ended.is_none() {
                self.family = *next;
                self.sealed = Some((request.presented, answer));
                request.answered = Some(answer);
            }
            // Else somebody was faster: it is read again in its next step.
        } else {
            let used = Used {
                generation: request.presented,
                client_id: "app",
                asks: "a",
                cnf: None,
                met: request.met,
            };
            request.met.get_or_insert(self.family.generation);
            match refresh(&self.family, used, REPLAY_WINDOW, IDLE, self.now) {
                Refresh::Rotate(next) => {
                    self.signings += 1;
                    let answer = Answer { generation: next.generation, signing: self.signings };
                    request.decided = Some((self.family.generation, next, answer));
                }
                Refresh::Replay => {
                    let (opens, answer) = self.sealed.unwrap();
                    assert_eq!(opens, request.presented, "the sealed answer is another token's");
                    request.answered = Some(answer);
                }
                Refresh::End(ended, _) => {
                    self.family = *ended;
                    return;
                }
                // A stalled request that nobody waits for any more may come too late for an answer.
                Refresh::Refuse(fault) => {
                    assert!(!request.awaited, "an honest request was refused: {fault:?}");
                    return;
                }
                Refresh::Renew(_) => unreachable!("the family rotates"),
            }
        }
        match request.answered {
            None => self.requests.push(request),
            Some(answer) if request.awaited => self.heard.push(answer),
            Some(_) => {}
        }
        self.settle();
    }

    /// The client stops waiting for one of its requests; the authority does not know.
    fn lose(&mut self, place: usize) {
        let count = self.requests.len().max(1);
        if let Some(request) = self.requests.get_mut(place % count) {
            request.awaited = false;
        }
        self.settle();
    }

    /// The process dies; what was committed stays.
    fn crash(&mut self) {
        self.requests.clear();
        self.settle();
    }

    /// Once nothing is awaited, the client goes on with what it heard.
    fn settle(&mut self) {
        if self.requests.iter().any(|request| request.awaited) {
            return;
        }
        if let Some(first) = self.heard.first() {
            assert!(self.heard.iter().all(|answer| answer == first), "{:?}", self.heard);
            self.held = first.generation;
            self.heard.clear();
            self.began = None;
        }
    }

    fn wait(&mut self, seconds: i64) {
        // It tries again while it can still be answered: that is its part of the bargain.
        let in_doubt = self.began.is_some_and(|began| self.now + seconds - began > 50);
        if !in_doubt {
            self.now += seconds;
        }
    }
}

fn take(requests: &mut Vec<Request>, place: usize) -> Option<Request> {
    (!requests.is_empty()).then(|| requests.remove(place % requests.len()))
}

#[derive(Clone, Debug)]
enum Event {
    Send(usize),
    Step(usize),
    Lose(usize),
    Crash,
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1_usize..6).prop_map(Event::Send),
        10 => any::<usize>().prop_map(Event::Step),
        2 => any::<usize>().prop_map(Event::Lose),
        1 => Just(Event::Crash),
        2 => (0_i64..120).prop_map(Event::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_order_of_things_logs_an_honest_client_out(
        events in prop::collection::vec(event(), 1..120),
    ) {
        let mut world = World::new();
        for event in events {
            match event {
                Event::Send(parallel) => world.send(parallel),
                Event::Step(place) => world.step(place),
                Event::Lose(place) => world.lose(place),
                Event::Crash => world.crash(),
                Event::Wait(seconds) => world.wait(seconds),
            }
            prop_assert!(world.family.ended.is_none(), "{:?}", world.family);
            // One live leaf: what the client holds is it, or the one before it.
            prop_assert!(world.family.generation - world.held <= 1);
        }
        // And it goes on: everything in flight dies, and one more try is answered.
        world.crash();
        let live = world.family.generation;
        world.send(1);
        while !world.requests.is_empty() {
            world.step(0);
        }
        prop_assert_eq!(world.held, live.max(world.family.generation));
    }

    /// The same world with a thief in it, who copied a token and uses it like a client of its own: once both
    /// have refreshed what was one token, and one of them goes on after the window, it is over for both.
    #[test]
    fn a_thief_and_the_owner_do_not_both_go_on(
        apart in 61_i64..86_400,
        rounds in 1_usize..4,
    ) {
        let mut world = World::new();
        let use_token = |world: &mut World, presented: u32| {
            let used = Used { generation: presented, client_id: "app", asks: "a", cnf: None, met: None };
            match refresh(&world.family, used, REPLAY_WINDOW, IDLE, world.now) {
                Refresh::Rotate(next) => { world.family = *next; Some(world.family.generation) }
                Refresh::Replay => Some(world.family.generation),
                Refresh::End(ended, _) => { world.family = *ended; None }
                Refresh::Refuse(_) => None,
                Refresh::Renew(_) => unreachable!("the family rotates"),
            }
        };
        let mut first = 0;
        for _ in 0..rounds {
            first = use_token(&mut world, first).unwrap();
            world.now += apart;
        }
        // The other one comes with what was copied at the start.
        prop_assert_eq!(use_token(&mut world, 0), None);
        prop_assert!(world.family.ended.is_some());
        prop_assert_eq!(use_token(&mut world, first), None);
    }
}

/// A request that came while its token was live, and was overtaken twice while it stalled, is no theft.
#[test]
fn a_stalled_request_ends_nothing() {
    let mut world = World::new();
    // Both are decided on; one stalls there, and its client gives up on it.
    world.send(2);
    world.lose(0);
    // The other goes through, and its successor is used at once.
    world.step(1);
    assert_eq!((world.held, world.family.generation), (1, 1));
    world.send(1);
    world.step(1);
    assert_eq!(world.family.generation, 2);
    // The stalled one goes on: it loses the race, looks again, and is refused.
    world.step(0);
    world.step(0);
    assert!(world.requests.is_empty());
    assert!(world.family.ended.is_none());
}
