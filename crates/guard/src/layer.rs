//! The guard as a tower layer.
//!
//! Decides that no request reaches the service without a session, but for CORS preflights, which never carry
//! a credential; never what a session may do.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower::{Layer, Service};

use crate::asked::Asked;
use crate::guard::Guard;
use crate::refusal::is_preflight;

/// Puts a guard before a service; the session lies in the request's extensions as `Arc<Session>`.
#[derive(Clone, Debug)]
pub struct GuardLayer {
    guard: Guard,
}

impl Guard {
    /// This guard as a layer.
    #[must_use]
    pub fn layer(&self) -> GuardLayer {
        GuardLayer { guard: self.clone() }
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guarded<S>;
    fn layer(&self, service: S) -> Guarded<S> {
        Guarded { guard: self.guard.clone(), service }
    }
}

/// A service behind a guard.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    guard: Guard,
    service: S,
}

type Answering<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<Bytes>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Answering<Response<R>, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to be called.
        let next = self.service.clone();
        let mut service = std::mem::replace(&mut self.service, next);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut head, body) = request.into_parts();
            let nonce = guard.next_nonce(&head.headers);
            if !is_preflight(&head.method, &head.headers) {
                match guard.check(&Asked::from(&head), &[]).await {
                    Ok(session) => {
                        head.extensions.insert(session);
                    }
                    Err(refusal) => {
                        tracing::warn!(
                            code = %refusal.code(), diagnosis = %refusal.diagnosis,
                            method = %head.method, path = head.uri.path(), "refused"
                        );
                        let (head, body) = refusal.answer();
                        return Ok(Response::from_parts(head, R::from(body)));
                    }
                }
            }
            let mut response = service.call(Request::from_parts(head, body)).await?;
            if let Some((name, value)) = nonce {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}
