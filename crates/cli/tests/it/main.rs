//! The built binary from outside: started as a process, spoken to over TCP, by clients nobody here
//! wrote where there are any; and the rules of the house.
//!
//! Tests that need a tool (node, the Python clients, nginx) say that they were skipped where it is
//! missing. With `CI=true` or `CLAVIGER_E2E=require` a missing tool is a failure.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what cannot be set up has to end the test that asked for it"
)]

mod admin_api;
mod administration;
mod agents;
mod attempt;
mod backup;
mod bad_input;
mod batch;
mod bound_tokens;
mod chromium;
mod clients;
mod compare;
mod config;
mod delegation;
mod demo;
mod deploy;
mod faults;
mod forward_auth;
mod fuzzed;
mod journal;
mod lifecycle;
mod mutual_tls;
mod nginx;
mod online;
mod people;
mod post_quantum;
mod proxy;
mod readme;
mod readme_script;
mod refreshing;
mod relying_parties;
mod report;
mod revocation;
mod rotation;
mod stage;
mod tidy;
mod tools;
mod traces;
