//! The handlers, one file each: parse, load, have it decided, render.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod authorize;
pub(crate) mod device;
pub(crate) mod exchange;
pub(crate) mod feed;
pub(crate) mod health;
pub(crate) mod introspect;
pub(crate) mod journal;
pub(crate) mod jwks;
pub(crate) mod log_in;
pub(crate) mod logout;
pub(crate) mod metadata;
pub(crate) mod pages;
pub(crate) mod par;
mod people;
pub(crate) mod registration;
pub(crate) mod revoke;
pub(crate) mod status_list;
pub(crate) mod token;
pub(crate) mod userinfo;
