//! The log's file: found under its name, added to at its end, read from its end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

/// A file that begins with a longer one is not ours.
const LONGEST_FIRST_LINE: u64 = 1 << 24;

/// The file under its name.
#[derive(Debug)]
pub(super) struct LogFile {
    pub(super) file: File,
}

/// What a file ends with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LastLine {
    /// It is empty.
    None,
    /// Half a line, or no line of ours.
    Damaged {
        /// Where that begins.
        begins: u64,
    },
    /// A whole line.
    Line {
        /// Its number.
        seq: i64,
        /// The line, without its end.
        text: String,
    },
}

impl LogFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o640)
            .open(path)?;
        Ok(Self { file })
    }

    /// Another file, or none, has the name now.
    pub(super) fn was_replaced(&self, path: &Path) -> bool {
        match (fs::metadata(path), self.file.metadata()) {
            (Ok(named), Ok(open)) => (named.dev(), named.ino()) != (open.dev(), open.ino()),
            _ => true,
        }
    }

    pub(super) fn cut(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// When its first line was written; none when there is none, or none of ours.
    pub(super) fn began(&self) -> io::Result<Option<Timestamp>> {
        #[derive(Deserialize)]
        struct Dated {
            timestamp: Timestamp,
        }
        let mut first = Vec::new();
        let mut from = 0;
        while !first.contains(&b'\n') {
            let mut chunk = vec![0; 1 << 13];
            let read = self.file.read_at(&mut chunk, from)?;
            if read == 0 || from > LONGEST_FIRST_LINE {
                return Ok(None);
            }
            first.extend(chunk.iter().take(read));
            from += read as u64;
        }
        let line = first.split(|byte| *byte == b'\n').next();
        let dated = line.and_then(|line| serde_json::from_slice::<Dated>(line).ok());
        Ok(dated.map(|dated| dated.timestamp))
    }

    pub(super) fn last_line(&self) -> io::Result<LastLine> {
        #[derive(Deserialize)]
        struct Numbered {
            seq: i64,
        }
        let length = self.file.metadata()?.len();
        let Some((begins, bytes)) = self.tail(length)? else {
            return Ok(LastLine::None);
        };
        let whole = bytes
            .strip_suffix(b"\n")
            .and_then(|line| std::str::from_utf8(line).ok());
        let numbered = whole.and_then(|line| serde_json::from_str::<Numbered>(line).ok());
        Ok(match (whole, numbered) {
            (Some(line), Some(Numbered { seq })) => LastLine::Line {
                seq,
                text: line.to_owned(),
            },
            _ => LastLine::Damaged { begins },
        })
    }

    /// The last line with its end, if it has one, and where it begins.
    fn tail(&self, length: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
        const CHUNK: u64 = 1 << 16;
        if length == 0 {
            return Ok(None);
        }
        let mut begins = length;
        let mut tail = Vec::new();
        loop {
            let take = begins.min(CHUNK);
            begins -= take;
            let mut chunk = vec![0; usize::try_from(take).unwrap_or_default()];
            self.file.read_exact_at(&mut chunk, begins)?;
            chunk.extend_from_slice(&tail);
            tail = chunk;
            // The very last byte may be the end of the line that is looked for.
            let before_end = tail.len() - 1;
            let line_end = tail
                .get(..before_end)
                .and_then(|text| text.iter().rposition(|byte| *byte == b'\n'));
            if let Some(end) = line_end {
                let line = tail.split_off(end + 1);
                return Ok(Some((begins + end as u64 + 1, line)));
            }
            if begins == 0 {
                return Ok(Some((0, tail)));
            }
        }
    }
}
