//! The action log as it grows: each look reads only what is new, so that looking costs the engine no time.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::Value;

/// What was read so far.
#[derive(Default)]
pub(super) struct Told {
    offset: u64,
    pub(super) lines: Vec<Value>,
    /// Without alerts and without what people said, as `event STATUS reason`.
    pub(super) story: Vec<String>,
}

impl Told {
    /// Reads on; a line that is not whole yet is left for the next look.
    pub(super) fn read_on(&mut self, log: &Path) {
        let Ok(mut file) = File::open(log) else {
            return;
        };
        if file.metadata().unwrap().len() < self.offset {
            *self = Self::default();
        }
        file.seek(SeekFrom::Start(self.offset)).unwrap();
        let mut more = String::new();
        file.read_to_string(&mut more).unwrap();
        let whole = more.rfind('\n').map_or(0, |end| end + 1);
        self.offset += whole as u64;
        for line in more[..whole].lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["event_type"] != "alert" && line["details"]["by"].is_null() {
                self.story.push(sentence(&line));
            }
            self.lines.push(line);
        }
    }
}

fn sentence(line: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    format!(
        "{} {} {}",
        text(&line["event_type"]),
        text(&line["status"]),
        text(&line["details"]["reason"])
    )
}
