//! Bounds on connections, so that nobody holds the server's memory or its file handles: how many there are, in all and from
//! one client, and how long one may be silent.

use super::client_ip::ClientIp;
use axum::Router;
use axum_server::{
    Handle, Server,
    accept::{Accept, DefaultAcceptor},
};
use hyper_util::rt::TokioTimer;
use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;

/// The most connections in all.
const MOST: usize = 8_000;

/// File handles that are left for the database, the app's files and the log.
const OTHER_FILES: u64 = 200;

/// The most connections from one client: a whole village may be behind one address of a mobile network.
const MOST_OF_ONE: usize = 256;

/// How long a connection may take to send the headers of a request, and may be idle before them.
const HEADERS: Duration = Duration::from_secs(30);

/// How long neither a byte of a body may come nor a byte of an answer be taken.
const SILENCE: Duration = Duration::from_secs(75);

/// How long the start of TLS may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests that were accepted may take when the server stops.
const GRACE: Duration = Duration::from_secs(30);

/// The connections that there are.
#[derive(Clone, Debug)]
struct Connections {
    all: Arc<Semaphore>,
    of_clients: Arc<Mutex<HashMap<ClientIp, usize>>>,
    most_of_one: usize,
}

impl Connections {
    /// Makes room for [`MOST`], or as many as the system lets this process have.
    fn new(behind_proxy: bool) -> Self {
        let files = rlimit::increase_nofile_limit(MOST as u64 + OTHER_FILES).unwrap_or(MOST as u64);
        let most = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(MOST).clamp(64, MOST);
        // All come from the proxy then, which has limits of its own.
        let most_of_one = if behind_proxy { most } else { MOST_OF_ONE };
        Self { all: Arc::new(Semaphore::new(most)), of_clients: Arc::default(), most_of_one }
    }

    /// Counts a connection; `None` where there are too many.
    fn admit(&self, client: ClientIp) -> Option<Admitted> {
        let place = self.all.clone().try_acquire_owned().ok()?;
        let mut of_clients = self.of_clients.lock().unwrap_or_else(PoisonError::into_inner);
        let count = of_clients.entry(client).or_default();
        if *count >= self.most_of_one {
            return None;
        }
        *count += 1;
        Some(Admitted { _place: place, client, of_clients: self.of_clients.clone() })
    }
}

/// A connection that is counted until it is dropped.
#[derive(Debug)]
struct Admitted {
    _place: OwnedSemaphorePermit,
    client: ClientIp,
    of_clients: Arc<Mutex<HashMap<ClientIp, usize>>>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut of_clients = self.of_clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = of_clients.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                of_clients.remove(&self.client);
            }
        }
    }
}

/// A connection that ends when nothing goes through it.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: Pin<Box<TimeoutStream<TcpStream>>>,
    _admitted: Admitted,
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(cx)
    }
}

/// Takes connections in within their bounds, and hands them to `inner`, which may speak TLS.
#[derive(Clone, Debug)]
pub(super) struct Guard<A> {
    connections: Connections,
    inner: A,
}

impl<A> Guard<A> {
    /// The same bounds before another way to speak.
    pub(super) fn before<B>(self, inner: B) -> Guard<B> {
        Guard { connections: self.connections, inner }
    }
}

impl<A, S> Accept<TcpStream, S> for Guard<A>
where
    A: Accept<Guarded, S>,
    A::Future: Send + 'static,
{
    type Stream = A::Stream;
    type Service = A::Service;
    type Future = Pin<Box<dyn Future<Output = io::Result<(A::Stream, A::Service)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let client = stream.peer_addr().map(|peer| ClientIp::new(peer.ip()));
        let Some(admitted) = client.ok().and_then(|client| self.connections.admit(client)) else {
            return Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) });
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_read_timeout(Some(SILENCE));
        stream.set_write_timeout(Some(SILENCE));
        let inner = self.inner.accept(Guarded { stream: Box::pin(stream), _admitted: admitted }, service);
        Box::pin(async { tokio::time::timeout(HANDSHAKE, inner).await? })
    }
}

/// Returns a server on a listener, within the bounds, that finishes what it accepted when `stop` ends.
///
/// # Errors
/// Fails when the listener does.
pub(super) fn server(
    listener: TcpListener,
    behind_proxy: bool,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<Server<SocketAddr, Guard<DefaultAcceptor>>> {
    let handle: Handle<SocketAddr> = Handle::new();
    let stopping = handle.clone();
    tokio::spawn(async move {
        stop.await;
        stopping.graceful_shutdown(Some(GRACE));
    });
    let guard = Guard { connections: Connections::new(behind_proxy), inner: DefaultAcceptor::new() };
    let mut server = axum_server::from_tcp(listener.into_std()?)?.handle(handle).acceptor(guard);
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(64).keep_alive_interval(HEADERS);
    Ok(server)
}

/// Serves plain HTTP until `stop` ends; what was accepted is finished first.
///
/// # Errors
/// Fails when the listener does.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    behind_proxy: bool,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    server(listener, behind_proxy, stop)?.serve(service).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn one_client_has_a_share_of_the_connections_and_gives_it_back() {
        let connections = Connections::new(false);
        let [one, other] = [[203, 0, 113, 9], [198, 51, 100, 7]].map(|ip| ClientIp::of_address(Ipv4Addr::from(ip)));
        let mut held: Vec<Admitted> = (0..MOST_OF_ONE).map_while(|_| connections.admit(one)).collect();
        assert!(connections.admit(one).is_none() && connections.admit(other).is_some());
        held.pop();
        held.extend(connections.admit(one));
        assert_eq!(held.len(), MOST_OF_ONE);
        held.clear();
        assert!(connections.of_clients.lock().expect("nobody panicked").is_empty());
    }
}
