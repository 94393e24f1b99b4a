use super::*;
use crate::ports::free_port;

const LIMIT: Duration = Duration::from_secs(5);

fn link() -> (Link, TcpListener, UdpSocket, u16) {
    let (behind, other) = (free_port().unwrap(), free_port().unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, behind)).unwrap();
    let packets = UdpSocket::bind((Ipv4Addr::LOCALHOST, behind)).unwrap();
    packets.set_read_timeout(Some(LIMIT)).unwrap();
    let front = free_port().unwrap();
    let sides = [
        Side { front, behind },
        Side {
            front: free_port().unwrap(),
            behind: other,
        },
    ];
    (Link::start(sides).unwrap(), listener, packets, front)
}

#[test]
fn packets_and_connections_go_through_until_it_is_cut_and_again_when_it_is_mended() {
    let (link, listener, packets, front) = link();
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let send = |text: &[u8]| sender.send_to(text, (Ipv4Addr::LOCALHOST, front)).unwrap();
    let mut buffer = [0; 16];

    send(b"one");
    assert_eq!(packets.recv(&mut buffer).unwrap(), 3);
    let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, front)).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    client.write_all(b"hello").unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.read_exact(&mut buffer[..5]).unwrap();
    server.write_all(b"well").unwrap();
    client.read_exact(&mut buffer[..4]).unwrap();
    assert_eq!(&buffer[..4], b"well");

    link.cut();
    assert_eq!(client.read(&mut buffer).unwrap_or(0), 0, "it has ended");
    send(b"lost");
    let mut refused = TcpStream::connect((Ipv4Addr::LOCALHOST, front)).unwrap();
    refused.set_read_timeout(Some(LIMIT)).unwrap();
    assert_eq!(refused.read(&mut buffer).unwrap_or(0), 0, "closed at once");

    link.mend();
    send(b"again");
    assert_eq!(
        packets.recv(&mut buffer).unwrap(),
        5,
        "and not what was lost"
    );
}
