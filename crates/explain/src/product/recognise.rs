//! Who made a token: by the issuer's host, then by its path, then by claims that one product alone writes.
//!
//! A claim is asked only where the issuer does not already name somebody: marks can be copied.

use serde_json::Value;

use super::issuer::Issuer;
use super::{Product, amazon, google, hosted, microsoft, self_hosted, workload};

/// Header and claims, and how they are asked.
pub(super) struct Marks<'a> {
    pub(super) header: &'a Value,
    pub(super) claims: &'a Value,
}

impl<'a> Marks<'a> {
    pub(super) fn has(&self, name: &str) -> bool {
        self.claims.get(name).is_some_and(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn in_header(&self, name: &str) -> bool {
        self.header.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether `aud` names this, alone or among others.
    pub(super) fn is_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(text)) => text == audience,
            Some(Value::Array(list)) => list.iter().any(|one| one.as_str() == Some(audience)),
            _ => false,
        }
    }

    /// Whether a claim's name begins so.
    pub(super) fn has_name(&self, begin: &str) -> bool {
        let mut names = self.claims.as_object().into_iter().flat_map(|claims| claims.keys());
        names.any(|name| name.starts_with(begin))
    }
}

/// The product, if its marks are there.
pub(crate) fn recognise(header: &Value, claims: &Value) -> Option<&'static Product> {
    let marks = Marks { header, claims };
    // Auth0 writes the issuer of an encrypted token, and AWS's load balancer that of any, into the header.
    let named = claims.get("iss").or_else(|| header.get("iss")).and_then(Value::as_str);
    let text = named.unwrap_or_default();
    if let Some(found) = workload::by_load_balancer(&marks) {
        return Some(found);
    }
    if let Some(issuer) = Issuer::parse(text) {
        return microsoft::by_issuer(&issuer, &marks)
            .or_else(|| google::by_issuer(&issuer))
            .or_else(|| amazon::by_issuer(&issuer, &marks))
            .or_else(|| workload::by_issuer(&issuer, &marks))
            .or_else(|| hosted::by_issuer(&issuer, &marks))
            .or_else(|| self_hosted::by_issuer(&issuer, &marks))
            .or_else(|| by_marks(&marks));
    }
    google::by_name(text, &marks)
        .or_else(|| workload::by_name(text))
        .or_else(|| hosted::by_name(text, &marks))
        .or_else(|| microsoft::by_marks(&marks))
        .or_else(|| by_marks(&marks))
}

/// Marks that stay when the product runs under its owner's own name.
fn by_marks(marks: &Marks<'_>) -> Option<&'static Product> {
    workload::by_marks(marks)
        .or_else(|| hosted::by_marks(marks))
        .or_else(|| self_hosted::by_marks(marks))
}
