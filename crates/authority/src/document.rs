//! A published document: its bytes and the tag they are known by.

use aws_lc_rs::digest;
use bytes::Bytes;
use claviger_token::base64url;
use http::HeaderValue;
use serde::Serialize;

/// Bytes that are served many times.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) body: Bytes,
    /// A strong validator: half of the content's SHA-256.
    pub(crate) etag: HeaderValue,
}

impl Document {
    pub(crate) fn new(content: &impl Serialize) -> Self {
        // What is published is made of texts and numbers of ours; it serialises.
        let body = Bytes::from(serde_json::to_vec(content).unwrap_or_default());
        let digest = digest::digest(&digest::SHA256, &body);
        let tag = format!("\"{}\"", base64url::encode(&digest.as_ref()[..16]));
        let etag = HeaderValue::from_str(&tag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { body, etag }
    }
}
