//! An API behind a guard: `cargo run -p claviger-guard --example orders`, with ISSUER in the environment.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use claviger_guard::{Bearer, Guard, Refusal};

async fn list(Bearer(session): Bearer) -> Result<String, Box<Refusal>> {
    session.require("orders:read")?;
    Ok(format!("the orders of {}\n", session.subject()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let issuer = std::env::var("ISSUER").unwrap_or_else(|_| "http://127.0.0.1:8420".to_owned());
    let guard = Guard::builder().issuer(issuer).audience("https://orders.example").build()?;
    guard.ready(Duration::from_secs(5)).await;
    let api = Router::new().route("/orders", get(list)).layer(guard.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8421").await?;
    axum::serve(listener, api).await?;
    Ok(())
}
