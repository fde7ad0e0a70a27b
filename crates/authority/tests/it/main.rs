//! The authority as its clients see it: requests in, answers out, the clock moved by hand.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod account;
mod admin;
mod app;
mod backup;
mod client_documents;
mod client_keys;
mod device;
mod dpop;
mod exchange;
mod factors;
mod feed;
mod first_start;
mod guessing;
mod headers;
mod hints;
mod introspect;
mod journal;
mod keys;
mod logout;
mod metadata;
mod mutual_tls;
mod openapi;
mod openid;
mod pages;
mod par;
mod passkeys;
mod past_mistakes;
mod people;
mod registration;
mod revoke;
mod server;
mod status_lists;
mod tls;
mod token;
mod users;
