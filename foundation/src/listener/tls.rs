//! The TLS handshake in front of a connection.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::Protocol;
use crate::web_config::Tls;

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;
const WRONG_SCHEME: &[u8] = b"HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\r\nThis port is served with TLS: use https://.\n";

/// Shakes hands and finds out which HTTP follows. Who speaks HTTP without TLS is told so.
pub(super) async fn handshake(
    mut stream: TcpStream,
    tls: &Tls,
) -> std::io::Result<(TlsStream<TcpStream>, Protocol)> {
    let mut first = [0];
    let seen = stream.peek(&mut first).await?;
    if seen == 1 && first != [HANDSHAKE] && first.is_ascii() {
        stream.write_all(WRONG_SCHEME).await?;
        stream.shutdown().await?;
        return Err(std::io::Error::other("the client does not speak TLS"));
    }
    let stream = TlsAcceptor::from(tls.config()).accept(stream).await?;
    let (_, session) = stream.get_ref();
    let protocol = if session.alpn_protocol() == Some(b"h2") {
        Protocol::Http2
    } else {
        Protocol::Http1
    };
    Ok((stream, protocol))
}
