//! A client that posts over connections that it keeps, on one thread: as fast as it is answered, or at a given pace.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use prunelle_sandbox::wait::Stopwatch;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

/// No answer may take longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Where it posts.
#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) path: &'static str,
    /// Further header lines, each with its end.
    pub(super) headers: String,
    /// The status that says that it was taken.
    pub(super) taken: u16,
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Load {
    taken: u16,
    statuses: BTreeMap<u16, u64>,
    /// Seconds to each answer.
    pub(super) times: Vec<f64>,
    pub(super) took: Duration,
}

impl Load {
    /// Answers that say that it was taken.
    pub(super) fn accepted(&self) -> u64 {
        self.statuses.get(&self.taken).copied().unwrap_or(0)
    }

    /// All answers.
    pub(super) fn answered(&self) -> u64 {
        self.statuses.values().sum()
    }
}

/// Which post it is: the connections take turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// What this connection has posted before.
    pub(super) round: u64,
    pub(super) connection: u64,
    connections: u64,
}

impl Turn {
    /// Its number among all posts.
    pub(super) fn number(self) -> u64 {
        self.in_round(self.round)
    }

    /// The number of the same connection's post in another round.
    pub(super) fn in_round(self, round: u64) -> u64 {
        round * self.connections + self.connection
    }
}

/// Makes a body.
type Body<'a> = &'a dyn Fn(Turn) -> String;

/// So many notifications, as fast as they are answered.
pub(super) fn burst(
    server: &Server,
    connections: usize,
    count: u64,
    body: Body<'_>,
) -> Result<Load> {
    drive(server, connections, body, |turn| async move {
        (turn.number() < count).then_some(None)
    })
}

/// As many as are answered in that time.
pub(super) fn flat_out(
    server: &Server,
    connections: usize,
    lasts: Duration,
    body: Body<'_>,
) -> Result<Load> {
    let watch = Stopwatch::start();
    drive(server, connections, body, |_| async move {
        (watch.elapsed() < lasts).then_some(None)
    })
}

/// So many a second. The time to an answer counts from when it should have been posted, if all connections were busy.
pub(super) fn paced(
    server: &Server,
    connections: usize,
    per_second: u64,
    lasts: Duration,
    body: Body<'_>,
) -> Result<Load> {
    let count = lasts.as_secs() * per_second;
    let begin = Cell::new(None);
    drive(server, connections, body, |turn| {
        let number = turn.number();
        let begin = begin.get().unwrap_or_else(|| {
            begin.set(Some(Instant::now()));
            Instant::now()
        });
        async move {
            let at = begin
                + Duration::from_secs(1) * u32::try_from(number).ok()?
                    / u32::try_from(per_second).ok()?;
            if number >= count {
                return None;
            }
            let is_late = at < Instant::now();
            sleep_until(at).await;
            Some(is_late.then_some(at))
        }
    })
}

/// Posts over all connections until `next` gives no leave for a turn; it may say since when the post is due.
fn drive<F>(
    server: &Server,
    connections: usize,
    body: Body<'_>,
    next: impl Fn(Turn) -> F,
) -> Result<Load>
where
    F: Future<Output = Option<Option<Instant>>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let load = RefCell::new(Load {
        taken: server.taken,
        ..Load::default()
    });
    let (load_ref, next) = (&load, &next);
    let count = u64::try_from(connections)?;
    let took = runtime.block_on(async {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(Connection::open(server).await?);
        }
        let watch = Stopwatch::start();
        try_join_all((0..).zip(open).map(|(number, mut connection)| async move {
            let mut turn = Turn {
                round: 0,
                connection: number,
                connections: count,
            };
            while let Some(due) = next(turn).await {
                let from = due.unwrap_or_else(Instant::now);
                let status = timeout(LIMIT, connection.post(&body(turn)))
                    .await
                    .context("no answer")??;
                let mut load = load_ref.borrow_mut();
                load.times.push(from.elapsed().as_secs_f64());
                *load.statuses.entry(status).or_default() += 1;
                turn.round += 1;
            }
            anyhow::Ok(())
        }))
        .await?;
        anyhow::Ok(watch.elapsed())
    })?;
    Ok(Load {
        took,
        ..load.into_inner()
    })
}

/// One kept connection.
struct Connection {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(server: &Server) -> Result<Self> {
        let stream = TcpStream::connect(server.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            head: format!(
                "POST {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: Alertmanager/0.25.0\r\n{}\
                 Content-Type: application/json\r\nContent-Length: ",
                server.path, server.address, server.headers
            ),
            answer: Vec::new(),
        })
    }

    /// The status of the answer, which is read to its end.
    async fn post(&mut self, body: &str) -> Result<u16> {
        let request = format!("{}{}\r\n\r\n{body}", self.head, body.len());
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed");
            if let Some((status, length)) = whole_answer(&self.answer)? {
                ensure!(length == self.answer.len(), "more than one answer");
                return Ok(status);
            }
        }
    }
}

/// Status and length of an answer, once all of it is there.
fn whole_answer(bytes: &[u8]) -> Result<Option<(u16, usize)>> {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let body = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())?;
    let length = head.len() + 4 + body;
    Ok((bytes.len() >= length).then_some((status, length)))
}

#[cfg(test)]
mod tests {
    use super::whole_answer;

    #[test]
    fn an_answer_is_whole_with_its_body() {
        let answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nkept";
        assert_eq!(whole_answer(answer).unwrap(), Some((202, answer.len())));
        assert_eq!(whole_answer(&answer[..answer.len() - 1]).unwrap(), None);
        assert_eq!(whole_answer(&answer[..20]).unwrap(), None);
        let empty = b"HTTP/1.1 200 OK\r\n\r\n";
        assert_eq!(whole_answer(empty).unwrap(), Some((200, empty.len())));
    }
}
