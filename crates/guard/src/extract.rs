//! The session as an argument of an axum handler, and refusals as its answer.
//!
//! Decides nothing: the layer has judged before.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::refusal::Refusal;
use crate::session::Session;

/// The session of the request; there behind [`Guard::layer`](crate::Guard::layer).
#[derive(Clone, Debug)]
pub struct Bearer(pub Arc<Session>);

/// The route is not behind a guard: a mistake of the service, not of its client.
#[derive(Clone, Copy, Debug)]
pub struct NoGuard;

impl IntoResponse for NoGuard {
    fn into_response(self) -> Response {
        tracing::error!("a handler asks for `Bearer`, but its route is not behind `Guard::layer`");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = NoGuard;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoGuard> {
        parts.extensions.get::<Arc<Session>>().cloned().map(Self).ok_or(NoGuard)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (head, body) = self.answer();
        Response::from_parts(head, body.into())
    }
}

impl IntoResponse for Box<Refusal> {
    fn into_response(self) -> Response {
        (*self).into_response()
    }
}
