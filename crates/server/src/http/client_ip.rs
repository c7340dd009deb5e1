//! The IP address that a request comes from.

use super::{AppState, Refusal};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, Request, request::Parts},
};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use tower_governor::{GovernorError, key_extractor::KeyExtractor};

/// A client's IP address. Of an IPv6 address only the first 64 bits are kept: a client chooses the rest itself (RFC 4291).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// Returns the client at an address.
    pub fn new(address: IpAddr) -> Self {
        Self(network(address))
    }

    /// Returns the client at an IPv4 address.
    #[cfg(test)]
    pub const fn of_address(address: std::net::Ipv4Addr) -> Self {
        Self(IpAddr::V4(address))
    }

    /// Returns the client's IP address, taken from the last entry of `X-Forwarded-For` when the server runs behind a proxy,
    /// and from the connection otherwise; `None` without a connection.
    fn of(headers: &HeaderMap, extensions: &Extensions, behind_proxy: bool) -> Option<Self> {
        let ConnectInfo(socket) = extensions.get::<ConnectInfo<SocketAddr>>()?;
        // The proxy appends the last address; those before it are whatever the client sent.
        let told = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        let told = told.and_then(|list| list.rsplit(',').next()?.trim().parse().ok());
        Some(Self::new(told.filter(|_| behind_proxy).unwrap_or(socket.ip())))
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

impl FromRequestParts<AppState> for ClientIp {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Self::of(&parts.headers, &parts.extensions, state.behind_proxy).ok_or(Refusal::Internal)
    }
}

/// The rate limiter's key: the client's IP address.
#[derive(Clone, Copy, Debug)]
pub struct ByClientIp {
    /// Whether the server runs behind a proxy that sets `X-Forwarded-For`.
    pub behind_proxy: bool,
}

impl KeyExtractor for ByClientIp {
    type Key = ClientIp;

    fn extract<T>(&self, request: &Request<T>) -> Result<ClientIp, GovernorError> {
        ClientIp::of(request.headers(), request.extensions(), self.behind_proxy)
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client_ip(lines: &[&str], behind_proxy: bool) -> String {
        let mut request = Request::new(());
        let socket: SocketAddr = "10.0.0.1:4711".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(socket));
        for line in lines {
            request.headers_mut().append("x-forwarded-for", line.parse().expect("a header"));
        }
        ByClientIp { behind_proxy }.extract(&request).expect("a peer").0.to_string()
    }

    #[test]
    fn only_the_proxies_own_word_counts_and_only_where_there_is_one() {
        assert_eq!(client_ip(&["1.2.3.4"], false), "10.0.0.1", "anybody can write it");
        assert_eq!(client_ip(&["1.2.3.4"], true), "1.2.3.4");
        assert_eq!(client_ip(&["9.9.9.9, 1.2.3.4"], true), "1.2.3.4");
        assert_eq!(client_ip(&["9.9.9.9", "1.2.3.4"], true), "1.2.3.4");
        assert_eq!(client_ip(&["nonsense"], true), "10.0.0.1");
        assert_eq!(client_ip(&[], true), "10.0.0.1");
        assert_eq!(client_ip(&["2001:db8:1:2:3:4:5:6"], true), "2001:db8:1:2::");
        assert_eq!(client_ip(&["::ffff:1.2.3.4"], true), "1.2.3.4");
    }
}
