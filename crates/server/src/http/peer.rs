//! Where a request comes from: the connection's other end, or behind a proxy who that says it is.

use super::{AppState, Refusal};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, Request, request::Parts},
};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use tower_governor::{GovernorError, key_extractor::KeyExtractor};

/// Who asks, by address. Of an IPv6 address the network counts: one machine has the rest to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

impl Peer {
    /// The peer at an address.
    #[cfg(test)]
    pub const fn of_address(address: std::net::Ipv4Addr) -> Self {
        Self(IpAddr::V4(address))
    }

    fn of(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Option<Self> {
        let ConnectInfo(socket) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        // The last address is the proxy's own word; those before it are whatever the sender wrote.
        let told = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let told = told.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        Some(Self(network(told.filter(|_| behind_proxy).unwrap_or(socket.ip()))))
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

impl FromRequestParts<AppState> for Peer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Self::of(&parts.headers, &parts.extensions, state.behind_proxy).ok_or(Refusal::Internal)
    }
}

/// Tells requests apart by their [`Peer`].
#[derive(Clone, Copy, Debug)]
pub struct ByPeer {
    /// Whether a proxy stands before the server.
    pub behind_proxy: bool,
}

impl KeyExtractor for ByPeer {
    type Key = Peer;

    fn extract<T>(&self, request: &Request<T>) -> Result<Peer, GovernorError> {
        Peer::of(request.headers(), request.extensions(), self.behind_proxy).ok_or(GovernorError::UnableToExtractKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(lines: &[&str], behind_proxy: bool) -> String {
        let mut request = Request::new(());
        let socket: SocketAddr = "10.0.0.1:4711".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(socket));
        for line in lines {
            request.headers_mut().append("x-forwarded-for", line.parse().expect("a header"));
        }
        ByPeer { behind_proxy }.extract(&request).expect("a peer").0.to_string()
    }

    #[test]
    fn only_the_proxys_own_word_counts_and_only_where_there_is_one() {
        assert_eq!(peer(&["1.2.3.4"], false), "10.0.0.1", "anybody can write it");
        assert_eq!(peer(&["1.2.3.4"], true), "1.2.3.4");
        assert_eq!(peer(&["9.9.9.9, 1.2.3.4"], true), "1.2.3.4");
        assert_eq!(peer(&["9.9.9.9", "1.2.3.4"], true), "1.2.3.4");
        assert_eq!(peer(&["nonsense"], true), "10.0.0.1");
        assert_eq!(peer(&[], true), "10.0.0.1");
        assert_eq!(peer(&["2001:db8:1:2:3:4:5:6"], true), "2001:db8:1:2::");
        assert_eq!(peer(&["::ffff:1.2.3.4"], true), "1.2.3.4");
    }
}
