//! Reading a request's body to its end before the answer goes out. A connection whose request was not read can't be used again,
//! and a client that is still writing when it is closed may lose the answer (RFC 9112, 9.6).

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::header,
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

/// The most bytes that are read of what no handler wanted. After that the connection is closed.
const MOST: usize = super::MAX_BODY;

/// How long the rest of a body is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// A body that a handler reads, or drops, and of which the rest is there afterwards.
struct Shared(Arc<Mutex<Body>>);

fn lock(body: &Mutex<Body>) -> MutexGuard<'_, Body> {
    body.lock().unwrap_or_else(PoisonError::into_inner)
}

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *lock(&self.0)).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        lock(&self.0).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.0).size_hint()
    }
}

/// Answers a request, and reads what is left of its body before. Of a client that waits to be told to send it nothing is read.
pub async fn read_to_the_end(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() || request.headers().contains_key(header::EXPECT) {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let body = Arc::new(Mutex::new(body));
    let response = next.run(Request::from_parts(head, Body::new(Shared(body.clone())))).await;
    // A client that is slower loses the connection, as it would have.
    drop(tokio::time::timeout(WAIT, drain(&body)).await);
    response
}

/// Reads a body up to [`MOST`] bytes.
async fn drain(body: &Mutex<Body>) {
    let mut read = 0;
    while read < MOST && !lock(body).is_end_stream() {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *lock(body)).poll_frame(context)).await;
        match frame {
            Some(Ok(frame)) => read += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => break,
        }
    }
}
