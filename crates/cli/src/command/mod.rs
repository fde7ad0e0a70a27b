//! One file for each command: gather what it needs, call the crate that does it, print.

pub(crate) mod admin;
pub(crate) mod attempt;
pub(crate) mod backup;
pub(crate) mod batch;
pub(crate) mod config;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod faults;
pub(crate) mod gate;
pub(crate) mod health;
pub(crate) mod journal;
pub(crate) mod serve;
pub(crate) mod signals;
