//! A client that scrapes as Prometheus does: one connection that is kept, its headers, the whole body read.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use prunelle_sandbox::wait::Stopwatch;

use super::measure::Encoding;

/// No scrape may take longer.
const LIMIT: Duration = Duration::from_secs(20);

/// One kept connection.
pub(in crate::bench) struct Client {
    connection: BufReader<TcpStream>,
    request: String,
    body: Vec<u8>,
}

/// What one scrape was like.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench) struct Answer {
    /// From the first byte sent to the last byte read.
    pub(in crate::bench) took: Duration,
    /// Of the body, as it was sent.
    pub(in crate::bench) bytes: usize,
    /// Whether the body was compressed.
    pub(in crate::bench) is_gzip: bool,
}

impl Client {
    pub(in crate::bench) fn new(
        address: SocketAddr,
        query: &str,
        encoding: Encoding,
    ) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&address, LIMIT)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        let encoding = match encoding {
            Encoding::Plain => "",
            Encoding::Gzip => "Accept-Encoding: gzip\r\n",
        };
        let request = format!(
            "GET /metrics{query} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: Prometheus/2.42.0\r\n\
             Accept: application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
             text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n{encoding}\
             X-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n"
        );
        Ok(Self {
            connection: BufReader::new(stream),
            request,
            body: Vec::new(),
        })
    }

    /// One scrape; what was read is in [`Client::body`].
    pub(in crate::bench) fn scrape(&mut self) -> Result<Answer> {
        let watch = Stopwatch::start();
        self.connection
            .get_mut()
            .write_all(self.request.as_bytes())?;
        let head = self.head()?;
        self.body.clear();
        match head.length {
            Some(length) => self.read(length)?,
            None => self.read_chunks()?,
        }
        Ok(Answer {
            took: watch.elapsed(),
            bytes: self.body.len(),
            is_gzip: head.is_gzip,
        })
    }

    pub(in crate::bench) fn body(&self) -> &[u8] {
        &self.body
    }

    fn head(&mut self) -> Result<Head> {
        let status = self.line()?;
        ensure!(status.split(' ').nth(1) == Some("200"), "{status}");
        let mut head = Head::default();
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                return Ok(head);
            }
            let (name, value) = line.split_once(':').context("no header")?;
            match (name, value.trim()) {
                ("content-length", length) => head.length = Some(length.parse()?),
                ("content-encoding", "gzip") => head.is_gzip = true,
                _ => {}
            }
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.connection.read_line(&mut line)?;
        if line.is_empty() {
            bail!("the connection was closed");
        }
        Ok(line.trim_end().to_owned())
    }

    fn read(&mut self, length: u64) -> Result<()> {
        let mut part = (&mut self.connection).take(length);
        let read = part.read_to_end(&mut self.body)?;
        ensure!(read as u64 == length, "the connection was closed");
        Ok(())
    }

    fn read_chunks(&mut self) -> Result<()> {
        loop {
            let length = u64::from_str_radix(&self.line()?, 16).context("no chunk")?;
            self.read(length)?;
            self.line().or_else(|error| {
                // The line end behind a chunk is a line of its own, and empty.
                if length == 0 {
                    Err(error)
                } else {
                    Ok(String::new())
                }
            })?;
            if length == 0 {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Head {
    /// None when it comes in chunks.
    length: Option<u64>,
    is_gzip: bool,
}
