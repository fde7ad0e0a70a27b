//! Microsoft Graph's tokens: the signature holds once the header's `nonce` is hashed.
//!
//! Graph hands out the nonce before it is hashed, on purpose: nobody else shall validate its tokens.

use aws_lc_rs::digest;
use claviger_token::{Code, Fact, Fault, base64url};

use super::Explained;
use crate::bench::{Bench, Subject, holds};
use crate::passage::Passage;

pub(crate) fn nonce(
    bench: &Bench<'_>,
    subject: &Subject<'_>,
    passage: &Passage,
) -> Option<Explained> {
    let token = subject.token;
    let header = token.header()?;
    let nonce = header.text("nonce")?;
    let range = header.value_range("nonce")?;
    let hashed = base64url::encode(digest::digest(&digest::SHA256, nonce.as_bytes()));
    let source = std::str::from_utf8(token.header_bytes()).ok()?;
    let rewritten =
        format!("{}\"{hashed}\"{}", source.get(..range.start)?, source.get(range.end..)?);
    let (first, rest) = token.text().split_once('.')?;
    let text = format!("{}.{rest}", base64url::encode(&rewritten));
    if !bench.may() || !holds(&bench.examine(&text)) {
        return None;
    }
    let fault = fault(token.span_of_member("nonce"))
        .with("reason", Fact::Words("it verifies once the header's `nonce` is hashed".to_owned()));
    Some(Explained {
        instead: Some(passage.with_replaced(0..first.len(), &base64url::encode(&rewritten))),
        ..Explained::of(fault)
    })
}

fn fault(span: Option<claviger_token::Span>) -> Fault {
    let fault = Fault::new(Code::ForeignResourceToken)
        .with("product", Fact::Words("Microsoft Graph".to_owned()));
    match span {
        Some(span) => fault.at(span),
        None => fault,
    }
}

/// Names of Graph and its predecessor in `aud`.
const GRAPH: &[&str] = &[
    "00000003-0000-0000-c000-000000000000",
    "00000002-0000-0000-c000-000000000000",
    "https://graph.microsoft.com",
    "https://graph.microsoft.com/",
    "https://graph.windows.net",
];

/// Without a key that could prove it: Graph's audience and its nonce.
pub(crate) fn by_marks(subject: &Subject<'_>) -> Option<Fault> {
    let (header, payload) = (subject.token.header()?, subject.token.payload()?);
    let audience = payload.text("aud")?;
    (header.contains("nonce") && GRAPH.contains(&audience.as_ref())).then(|| {
        fault(subject.token.span_of_member("nonce")).with(
            "reason",
            Fact::Words("its audience is Graph's and its header has a `nonce`".to_owned()),
        )
    })
}
