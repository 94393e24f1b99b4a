use std::io::Write as _;

use super::*;
use crate::journal::seal;

fn line(seq: i64) -> String {
    let previous = "0".repeat(64);
    let mut line = format!("{{\"seq\":{seq},\"previous_hash\":\"{previous}\"}}")
        .replace("{\"seq", "{\"message\":\"m\",\"seq");
    seal::close(&mut line);
    line.push('\n');
    line
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn folder(files: &[(&str, Vec<u8>)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let log = folder.path().join("actions.jsonl");
    (folder, log)
}

fn names(paths: &[PathBuf]) -> Vec<&str> {
    paths
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect()
}

#[test]
fn files_of_all_kinds_are_put_in_order_by_their_lines() {
    let (_folder, log) = folder(&[
        ("actions.jsonl", line(51).into()),
        ("actions.jsonl.1", line(41).into()),
        ("actions.jsonl.2.gz", gzip(&line(31))),
        // The clock was put back between these two.
        (
            "actions.jsonl.20261124T100000Z-000000000010",
            line(1).into(),
        ),
        (
            "actions.jsonl.20261124T090000Z-000000000020.gz",
            gzip(&line(11)),
        ),
        (
            "actions.jsonl-20261124",
            format!("damaged\n{}", line(21)).into(),
        ),
        (
            "actions.jsonl.20261124T110000Z-000000000030.gz.tmp",
            Vec::new(),
        ),
        ("actions.jsonl.foreign-20261124T080000Z", line(1).into()),
        ("actions.jsonlines", line(1).into()),
        ("other", line(1).into()),
    ]);
    assert_eq!(
        names(&all(&log).unwrap()),
        [
            "actions.jsonl.20261124T100000Z-000000000010",
            "actions.jsonl.20261124T090000Z-000000000020.gz",
            "actions.jsonl-20261124",
            "actions.jsonl.2.gz",
            "actions.jsonl.1",
            "actions.jsonl",
        ]
    );
    assert_eq!(
        names(&aside(&log).unwrap()),
        ["actions.jsonl.foreign-20261124T080000Z"]
    );
}

#[test]
fn of_both_forms_the_plain_one_counts() {
    let name = "actions.jsonl.20261124T100000Z-000000000010";
    let compressed = format!("{name}.gz");
    let (_folder, log) = folder(&[(name, line(1).into()), (&compressed, gzip("half"))]);
    assert_eq!(names(&all(&log).unwrap()), [name]);
}

#[test]
fn other_kinds_of_compression_are_refused_by_name() {
    let (_folder, log) = folder(&[("actions.jsonl", b"\x28\xb5\x2f\xfdxxxx".to_vec())]);
    let error = read(&log).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("zstd"), "{error}");
}
