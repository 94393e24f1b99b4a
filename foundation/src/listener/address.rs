//! Addresses to listen on, and binding with errors that say what to do.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, ToSocketAddrs as _};
use std::str::FromStr;

/// Where to listen: `:9750` (all addresses), `127.0.0.1:8050`, `[::1]:9750`, `localhost:9750`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenAddress {
    /// A name or an address without brackets; none means all addresses, IPv6 and IPv4.
    host: Option<String>,
    port: u16,
}

/// Why a text is not an address to listen on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListenAddressError {
    /// No colon before the port, or an IPv6 address without brackets.
    #[error(
        "`{0}` is not an address to listen on: write it as `:9750`, `127.0.0.1:9750` or `[::1]:9750`"
    )]
    Malformed(String),
    /// The port is not a number up to 65535.
    #[error("`{0}` has no valid port: it is a number from 0 to 65535")]
    Port(String),
}

/// Why listening failed.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another program has the port.
    #[error(
        "cannot listen on {0}: the port is taken; find its owner with `ss -ltnp`, stop it, or choose another port \
         with `--web.listen-address`"
    )]
    Taken(ListenAddress),
    /// A port that needs a privilege.
    #[error(
        "cannot listen on {0}: not permitted; choose a port from 1024 up, or grant CAP_NET_BIND_SERVICE"
    )]
    NotPermitted(ListenAddress),
    /// The address is not one of this host.
    #[error("cannot listen on {0}: this host does not have that address; see `ip address`")]
    NotOurs(ListenAddress),
    /// Anything else.
    #[error("cannot listen on {address}")]
    Other {
        /// Where.
        address: ListenAddress,
        /// Why.
        source: io::Error,
    },
    /// The runtime did not take the socket.
    #[error("cannot use the listening socket")]
    Register(#[source] io::Error),
    /// No socket was given.
    #[error("there is no address to listen on")]
    None,
}

impl FromStr for ListenAddress {
    type Err = ListenAddressError;

    fn from_str(text: &str) -> Result<Self, ListenAddressError> {
        let malformed = || ListenAddressError::Malformed(text.to_owned());
        let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => {
                let address = bracketed.strip_suffix(']').ok_or_else(malformed)?;
                address.parse::<Ipv6Addr>().map_err(|_| malformed())?;
                address
            }
            None if host.contains([':', '/', ' ', ']']) => return Err(malformed()),
            None => host,
        };
        let port = port
            .parse()
            .ok()
            .filter(|_| port.bytes().all(|b| b.is_ascii_digit()))
            .ok_or_else(|| ListenAddressError::Port(text.to_owned()))?;
        Ok(Self {
            host: (!host.is_empty()).then(|| host.to_owned()),
            port,
        })
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Some(host) if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            Some(host) => write!(f, "{host}:{}", self.port),
            None => write!(f, ":{}", self.port),
        }
    }
}

/// Binds and listens; port 0 lets the kernel choose.
pub fn bind(address: &ListenAddress) -> Result<TcpListener, ListenError> {
    listen(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken(address.clone()),
        io::ErrorKind::PermissionDenied => ListenError::NotPermitted(address.clone()),
        io::ErrorKind::AddrNotAvailable => ListenError::NotOurs(address.clone()),
        _ => ListenError::Other {
            address: address.clone(),
            source,
        },
    })
}

fn listen(address: &ListenAddress) -> io::Result<TcpListener> {
    match &address.host {
        Some(host) => {
            let addresses: Vec<_> = (host.as_str(), address.port).to_socket_addrs()?.collect();
            TcpListener::bind(addresses.as_slice())
        }
        None => match TcpListener::bind((Ipv6Addr::UNSPECIFIED, address.port)) {
            // A kernel without IPv6 knows neither the family nor the address.
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
                ) =>
            {
                TcpListener::bind((Ipv4Addr::UNSPECIFIED, address.port))
            }
            bound => bound,
        },
    }
}
