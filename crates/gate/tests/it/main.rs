//! The gate over real sockets, between a fake issuer and a real upstream.

#![expect(clippy::unwrap_used, reason = "tests")]

mod answers;
mod forward_auth;
mod senders;
mod streams;
mod tunnels;

use std::time::Duration;

use claviger_gate::{Gate, GateConfig};
use claviger_testkit::{Ask, FakeIssuer, Sink};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

const API: &str = "https://orders.example";

/// A gate on a thread of its own; dropped, it stops.
struct Running {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn config(issuer: &FakeIssuer, upstream: &str) -> GateConfig {
    GateConfig {
        issuers: vec![issuer.url().to_owned()],
        audiences: vec![API.to_owned()],
        ..GateConfig::new(upstream)
    }
}

fn start(config: GateConfig) -> Running {
    let (say, hear) = std::sync::mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let gate = Gate::new(config).unwrap();
            gate.ready(Duration::from_secs(3)).await;
            say.send(format!("http://{address}")).unwrap();
            let shutdown = async { drop(stopped.await) };
            tokio::spawn(gate.serve(listener, shutdown)).await.unwrap().unwrap();
        });
    });
    Running { url: hear.recv().unwrap(), stop: Some(stop), thread: Some(thread) }
}

/// Issuer, upstream and a gate between them.
struct Scene {
    issuer: FakeIssuer,
    sink: Sink,
    gate: Running,
}

fn scene() -> Scene {
    scene_with(|config| config)
}

fn scene_with(change: impl FnOnce(GateConfig) -> GateConfig) -> Scene {
    let (issuer, sink) = (FakeIssuer::start(), Sink::start());
    let gate = start(change(config(&issuer, &sink.url())));
    Scene { issuer, sink, gate }
}

impl Scene {
    fn token(&self) -> String {
        self.issuer.mint(API, &json!({}))
    }
    fn get(&self, path: &str) -> Ask {
        Ask::get(&format!("{}{path}", self.gate.url))
    }
    fn post(&self, path: &str) -> Ask {
        Ask::new("POST", &format!("{}{path}", self.gate.url)).bearer(&self.token())
    }
}

/// The values of a header as they reached the upstream.
fn reached(shown: &Value, name: &str) -> Vec<String> {
    let headers = shown["headers"].as_array().unwrap();
    let of = headers.iter().filter(|header| header[0] == name);
    of.map(|header| header[1].as_str().unwrap().to_owned()).collect()
}
