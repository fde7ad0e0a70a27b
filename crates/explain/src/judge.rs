//! Judges a bare token: structure, signature, claims; what the verifier says, and why it says so.
//!
//! Walks research §8.1 from step 4 on. Every repair is tried with the token crate's own verifier;
//! nothing here accepts what that refuses.

use claviger_token::{
    Algorithm, Code, Fact, Fault, Key, SignatureState, Token, Verdict, base64url,
};
use serde_json::Value;

use crate::bench::{Bench, Subject, holds};
use crate::opaque::{self, Checksum};
use crate::passage::Passage;
use crate::rank::{BEHIND_KIND, CLAIMS, certainty, rank, steers_wrongly};
use crate::repair::{self, Explained};
use crate::report::{Certainty, CheckLine, Diagnosed, TokenView};
use crate::signer::{self, Signer};
use crate::structure::{self, Mended};
use crate::unexplained::{is_published, published_secret, unexplained};
use crate::view::{lines, segments, view, view_of_text};
use crate::warnings::{self, Warning};
use crate::{claims, kid_text, shape};

/// What is known of a token in the end.
pub(crate) struct Judgement {
    /// In the order of diagnosis.
    pub(crate) faults: Vec<Diagnosed>,
    pub(crate) checks: Vec<CheckLine>,
    pub(crate) view: Option<TokenView>,
    /// The verifier's own verdict on the text as it was given here.
    pub(crate) verdict: Verdict,
    /// Whether the signature holds, perhaps after a repair: what is peeled off before is proven then.
    pub(crate) holds: bool,
    /// The text that the verifier took, perhaps after a repair.
    pub(crate) accepted: Option<String>,
    /// The given keys that verify it.
    pub(crate) signers: Vec<Signer>,
    /// What will hurt later, if nothing does now.
    pub(crate) warnings: Vec<Warning>,
}

impl Judgement {
    fn of_one(fault: Fault, certainty: Certainty, view: Option<TokenView>) -> Self {
        let check = CheckLine { check: "structure", outcome: "failed", detail: fault.detail() };
        Self {
            faults: vec![Diagnosed::new(fault, certainty)],
            checks: vec![check],
            view,
            verdict: Verdict::Refused,
            holds: false,
            accepted: None,
            signers: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Judges a credential.
pub(crate) fn judge(bench: &Bench<'_>, passage: &Passage) -> Judgement {
    let text = passage.text();
    let says_alg = || shape::header(text).is_some_and(|header| header.get("alg").is_some());
    if !(shape::is_complete(text) && says_alg())
        && let Some(found) = opaque::recognise(text)
    {
        return of_family(&found, passage);
    }
    if let Some(fault) = structure::case_folded(passage) {
        return Judgement::of_one(fault, Certainty::Proven, view_of_text(passage, "jws"));
    }
    let mended = structure::canonical(passage, &repair::lengths(bench, text));
    let parsed = Token::parse(mended.passage.text());
    let is_odd = parsed.is_err() || !mended.faults.is_empty();
    if is_odd && let Some(explained) = repair::of_moved_dot(bench, passage) {
        return instead(bench, passage, explained, &mut Vec::new(), SignatureState::Refuted);
    }
    match parsed {
        Ok(token) => well_formed(bench, &mended, &token),
        Err(fault) => ill_formed(bench, &mended, fault),
    }
}

/// A token of another family: nothing of it is ever repeated.
fn of_family(found: &opaque::Opaque, passage: &Passage) -> Judgement {
    let family = Fact::Words(found.family.to_owned());
    // What was mistyped needs no trial.
    let trial = found.trial().filter(|_| found.checksum != Checksum::Bad);
    let view = Some(TokenView {
        kind: "opaque",
        header: Value::Null,
        claims: Value::Null,
        signature: SignatureState::Unchecked,
        product: None,
        advice: trial,
        advice_fits: trial.is_some(),
        signature_bytes: 0,
        segments: vec![segments(passage).concat()],
    });
    if found.checksum == Checksum::Bad {
        let fault = Fault::new(Code::ChecksumMismatch).with("family", family).at(passage.whole());
        return Judgement::of_one(fault, Certainty::Proven, view);
    }
    let good = if found.checksum == Checksum::Good { "its checksum is good; " } else { "" };
    // Whoever pastes it somewhere to ask about it should know.
    let secret = if found.is_secret() { "; this text is a live secret" } else { "" };
    let reason = format!("{good}it belongs to {}{secret}", found.home);
    let fault = Fault::new(Code::TokenOpaque)
        .with("family", family)
        .with("reason", Fact::Words(reason))
        .at(passage.whole());
    let mut judgement = Judgement::of_one(fault, Certainty::Proven, view);
    judgement.holds = found.checksum == Checksum::Good;
    if found.family.contains("refresh token") {
        let fault = Fault::new(Code::RefreshTokenAsAccessToken)
            .with("reason", Fact::Words(format!("it is {}", found.family)))
            .at(passage.whole());
        judgement.faults.push(Diagnosed::new(fault, Certainty::Proven));
    }
    judgement
}

/// Not three segments of base64url, even after mending.
fn ill_formed(bench: &Bench<'_>, mended: &Mended, fault: Fault) -> Judgement {
    let passage = &mended.passage;
    let hopeless =
        matches!(fault.code, Code::TokenEncrypted | Code::SizeLimit | Code::CredentialEmpty);
    if !hopeless && let Some(explained) = repair::of_text(bench, passage) {
        let mut all = rated(&mended.faults, true);
        return instead(bench, passage, explained, &mut all, SignatureState::Refuted);
    }
    let kind = if fault.code == Code::TokenEncrypted { "jwe" } else { "jws" };
    let named = structure::named(fault, passage, &repair::lengths(bench, passage.text()));
    let kind = match named.code {
        Code::TokenOpaque => "opaque",
        Code::TokenEncrypted => "jwe",
        _ => kind,
    };
    let certainty = match named.code {
        Code::Truncated => Certainty::Likely,
        _ => Certainty::Proven,
    };
    let mut judgement = Judgement::of_one(named, certainty, view_of_text(passage, kind));
    // What is no token at all has no segments to be mended.
    let mut faults = if kind == "opaque" { Vec::new() } else { rated(&mended.faults, false) };
    faults.append(&mut judgement.faults);
    Judgement { faults, ..judgement }
}

fn rated(faults: &[Fault], proven: bool) -> Vec<Diagnosed> {
    let certainty = if proven { Certainty::Proven } else { Certainty::Likely };
    faults.iter().map(|fault| Diagnosed::new(fault.clone(), certainty)).collect()
}

/// Goes on with the token that a repair gave: it is judged as if it had come, and the repair's fault
/// stands before all that is found then.
fn instead(
    bench: &Bench<'_>,
    passage: &Passage,
    explained: Explained,
    before: &mut Vec<Diagnosed>,
    signature: SignatureState,
) -> Judgement {
    let fault = placed(explained.fault, passage);
    let Some(next) = explained.instead else {
        return Judgement::of_one(fault, Certainty::Proven, view_of_text(passage, "jws"));
    };
    let again = structure::canonical(&next, &repair::lengths(bench, next.text()));
    let mut judgement = match Token::parse(again.passage.text()) {
        Ok(token) => well_formed(bench, &again, &token),
        Err(fault) => Judgement::of_one(fault, Certainty::Likely, None),
    };
    let mut faults = std::mem::take(before);
    faults.push(Diagnosed::new(fault, Certainty::Proven).with_repaired(explained.repaired));
    faults.append(&mut judgement.faults);
    if let Some(view) = &mut judgement.view {
        // What is shown is the token as it came.
        view.signature = signature;
        view.segments = segments(passage);
    }
    Judgement { faults, verdict: Verdict::Refused, ..judgement }
}

fn placed(fault: Fault, passage: &Passage) -> Fault {
    match fault.span {
        Some(span) => {
            let span = passage.placed(span);
            fault.at(span)
        }
        None => fault,
    }
}

/// Three segments of base64url.
fn well_formed(bench: &Bench<'_>, mended: &Mended, token: &Token<'_>) -> Judgement {
    let passage = &mended.passage;
    let examination = bench.examine(passage.text());
    let subject = Subject::new(token, mended.given.text());
    let mut signature = examination.signature();
    let mut good = holds(&examination);
    let mut faults: Vec<Fault> = examination.faults().cloned().collect();
    let mut lead: Vec<(Fault, Certainty, Option<String>)> = Vec::new();

    if !good && covers_as_sent(bench, &subject, mended) {
        // The encoder of the issuer is wrong, not the carrier: the signature covers the text as sent.
        good = true;
        signature = SignatureState::Verified;
        faults.retain(|fault| !repair::SIGNATURE.contains(&fault.code));
    }
    if !good && is_of_a_short_key(bench, &subject, &faults) {
        // The verifier does not even calculate with such a key; the key is the fault, not the signature.
        good = true;
        signature = SignatureState::Verified;
        faults.retain(|fault| fault.code != Code::SignatureMismatch);
    }
    if !good && faults.iter().any(steers_wrongly) {
        // The header's own types hide which key is meant: any that verifies shows that they alone are wrong.
        good = subject.algorithm.is_some_and(|algorithm| {
            bench
                .keys_for(algorithm, None)
                .into_iter()
                .any(|key| bench.verifies(key, algorithm, subject.input(), subject.signature()))
        });
        signature = if good { SignatureState::Verified } else { signature };
    }
    if !good
        && mended.given.text() != passage.text()
        && let Some(explained) = repair::of_text(bench, &mended.given)
    {
        // One wrong character, and not an encoder, is what made it look so.
        return instead(bench, &mended.given, explained, &mut Vec::new(), signature);
    }
    if !good {
        match explain_signature(bench, &subject, passage, &faults) {
            Some(explained) if explained.instead.is_some() => {
                let mut before = rated(&mended.faults, true);
                return instead(bench, passage, explained, &mut before, signature);
            }
            Some(explained) => {
                faults.retain(|fault| !explained.explains.contains(&fault.code));
                good = explained.holds;
                lead.push((explained.fault, Certainty::Proven, explained.repaired));
            }
            None => {
                faults = unexplained(bench, &subject, faults, &mut lead);
            }
        }
    } else if bench.surroundings.secrets.iter().any(|secret| is_published(secret, &subject)) {
        lead.push((published_secret(&subject), Certainty::Proven, None));
        faults.retain(|fault| fault.code != Code::KeyTooWeak);
    }

    let mut unpacked = None;
    unpack(token, &mut faults, &mut unpacked, bench);
    let judged = unpacked.as_deref().and_then(|text| Token::parse(text).ok());
    let faults = claims::refine(faults, judged.as_ref().unwrap_or(token), &bench.policy, bench.now);

    let mut all = rated(&mended.faults, good);
    let repaired = (good && !mended.faults.is_empty() && mended.as_sent.is_none())
        .then(|| passage.text().to_owned());
    all = all.into_iter().map(|one| one.with_repaired(repaired.clone())).collect();
    let refuted = signature == SignatureState::Refuted && !good;
    let mut later: Vec<(u16, Diagnosed)> = Vec::new();
    for (fault, certainty, repaired) in lead {
        let rank = rank(&fault, good);
        later.push((
            rank,
            Diagnosed::new(placed(fault, passage), certainty).with_repaired(repaired),
        ));
    }
    // Log-out tokens and offline tokens have no `exp` by nature: the kind explains that it lacks.
    let other_kind = faults.iter().any(|fault| {
        matches!(
            fault.code,
            Code::TokenTypeMismatch | Code::RefreshTokenAsAccessToken | Code::IdTokenAsAccessToken
        )
    });
    for fault in faults {
        let certainty = certainty(&fault, refuted, bench.is_exhausted());
        let mut fault = placed(fault, passage);
        if judged.is_some() && rank(&fault, true) >= CLAIMS {
            // A claim's place in the unpacked payload is no place in what was sent.
            fault.span = None;
        }
        let rank = match fault.code {
            Code::ExpiryMissing if other_kind => BEHIND_KIND,
            _ => rank(&fault, good),
        };
        later.push((rank, Diagnosed::new(fault, certainty)));
    }
    later.sort_by_key(|(rank, _)| *rank);
    all.extend(later.into_iter().map(|(_, one)| one));

    let untouched = mended.faults.is_empty();
    let signers = signer::of(bench, &subject, signature);
    Judgement {
        checks: lines(&examination, &all),
        view: Some(view(token, signature, passage)),
        verdict: if untouched { examination.verdict() } else { Verdict::Refused },
        holds: good,
        accepted: good.then(|| passage.text().to_owned()),
        warnings: warnings::of_token(bench, token, &signers),
        signers,
        faults: all,
    }
}

/// Whether the signature covers the segments as they were sent, before they were mended.
fn covers_as_sent(bench: &Bench<'_>, subject: &Subject<'_>, mended: &Mended) -> bool {
    let (Some(sent), Some(algorithm)) = (&mended.as_sent, subject.algorithm) else { return false };
    bench
        .keys_for(algorithm, subject.kid.as_deref())
        .into_iter()
        .take(4)
        .any(|key| bench.verifies(key, algorithm, sent.as_bytes(), subject.signature()))
}

/// Whether an RSA key that is too short made this signature, as its block says.
fn is_of_a_short_key(bench: &Bench<'_>, subject: &Subject<'_>, faults: &[Fault]) -> bool {
    let Some(algorithm) = subject.algorithm else { return false };
    faults.iter().any(|fault| fault.code == Code::KeyTooWeak)
        && subject.blocks(bench).iter().any(|(nth, block)| {
            let short = bench.keys().get(*nth).and_then(|key| key.too_weak_for(algorithm));
            short.is_some() && block.is_of(algorithm, subject.input())
        })
}

fn explain_signature(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    passage: &Passage,
    faults: &[Fault],
) -> Option<Explained> {
    let ends = |code: Code| matches!(code, Code::AlgorithmNone | Code::SignatureStripped);
    if faults.iter().any(|fault| ends(fault.code)) {
        return None;
    }
    let unknown = |kid: &&str| !bench.keys().iter().any(|key| key.kid() == Some(*kid));
    let attack = subject.kid.as_deref().filter(unknown);
    let attack = attack.filter(|kid| kid_text::injected(kid).is_some());
    if bench.keys().is_empty() || attack.is_some() {
        // One wrong character makes an attack of a name. It is looked for where a name is as near as that, or
        // where it costs only hashes: forgers shall not make anybody search in vain.
        let is_near = attack.is_some_and(|kid| {
            let known = |key: &Key| key.kid().is_some_and(|name| kid_text::is_near(kid, name));
            subject.algorithm.is_some_and(Algorithm::is_symmetric) || bench.keys().iter().any(known)
        });
        let forged = repair::without_key(bench, subject, passage);
        return forged.or_else(|| {
            is_near.then(|| repair::character::one_edit(bench, subject, passage)).flatten()
        });
    }
    repair::explain(bench, subject, passage)
}

/// A payload that is no object: compressed, in another encoding, nested. What is inside is judged too.
fn unpack(
    token: &Token<'_>,
    faults: &mut Vec<Fault>,
    unpacked: &mut Option<String>,
    bench: &Bench<'_>,
) {
    for fault in faults.iter_mut().filter(|fault| fault.code == Code::HeaderNotJson) {
        if let Some(said) = structure::said_of(token.header_bytes()) {
            *fault = fault.clone().with("reason", Fact::Words(said));
        }
    }
    let Some(place) = faults.iter().position(|fault| fault.code == Code::PayloadNotJson) else {
        return;
    };
    let inflated = structure::inflated(token.payload_bytes());
    let by_header = token.header().is_some_and(|header| header.contains("zip"));
    if inflated.is_none() && !by_header {
        if let Some(said) = structure::said_of(token.payload_bytes()) {
            faults[place] = faults[place].clone().with("reason", Fact::Words(said));
        }
        return;
    }
    let named =
        token.header().and_then(|header| header.text("zip")).map(|zip| format!("`zip` is `{zip}`"));
    let found = inflated.as_ref().map(|(_, how)| (*how).to_owned()).or(named).unwrap_or_default();
    let fault = Fault::new(Code::PayloadCompressed).with("found", Fact::Words(found));
    faults[place] = match faults[place].span {
        Some(span) => fault.at(span),
        None => fault,
    };
    if let Some((plain, _)) = inflated {
        let text =
            format!("{}.{}.", base64url::encode(token.header_bytes()), base64url::encode(plain));
        let again = claviger_token::examine(&text, &bench.policy, None, bench.now);
        let later = again
            .faults()
            .filter(|fault| rank(fault, true) >= CLAIMS && fault.code != Code::SignatureStripped);
        faults.extend(later.cloned());
        *unpacked = Some(text);
    }
}
