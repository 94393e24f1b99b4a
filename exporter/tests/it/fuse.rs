//! The smallest server of FUSE that can be asked how full it is: an empty folder of a fixed size.
//!
//! The kernel's protocol, version 7: a request is a head of 40 bytes (length, opcode, unique number, …), an answer one of
//! 16 bytes (length, error, unique number), with what belongs to the opcode after it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::thread;

use rustix::io::Errno;

/// What the file system says it can hold.
pub(crate) const SIZE_BYTES: f64 = 4_096_000.0;

const BLOCKS: u64 = 1000;
const BLOCK_BYTES: u32 = 4096;
const FOLDER: u32 = 0o040_755;

/// A connection that can be mounted.
pub(crate) fn open() -> File {
    let mut options = File::options();
    options.read(true).write(true);
    options.open("/dev/fuse").unwrap()
}

/// Answers from now on, in a thread that ends with the mount.
pub(crate) fn serve(mut device: File) {
    let work = move || {
        let mut request = vec![0; 1 << 17];
        while let Ok(length) = device.read(&mut request) {
            // What the kernel gave up meanwhile cannot be answered any more.
            if let Some(answer) = answer(&request[..length]) {
                let _ = device.write(&answer);
            }
        }
    };
    let thread = thread::Builder::new().name("fuse".into());
    thread.spawn(work).unwrap();
}

/// None for what wants no answer.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    const FORGET: u32 = 2;
    const GETATTR: u32 = 3;
    const STATFS: u32 = 17;
    const INIT: u32 = 26;
    const BATCH_FORGET: u32 = 42;

    let opcode = u32::from_ne_bytes(request[4..8].try_into().unwrap());
    let (error, content) = match opcode {
        FORGET | BATCH_FORGET => return None,
        INIT => (0, init()),
        GETATTR => (0, attributes()),
        STATFS => (0, size()),
        _ => (-Errno::NOSYS.raw_os_error(), Vec::new()),
    };
    let length = u32::try_from(16 + content.len()).unwrap();
    let mut answer = Vec::new();
    answer.extend(length.to_ne_bytes());
    answer.extend(error.to_ne_bytes());
    answer.extend(&request[8..16]);
    answer.extend(content);
    Some(answer)
}

/// The version, and nothing that is optional.
fn init() -> Vec<u8> {
    let mut content = numbers32(&[7, 31, 0, 0, 0, 4096]);
    content.resize(64, 0);
    content
}

/// Of the root: valid for no time, inode 1, a folder.
fn attributes() -> Vec<u8> {
    let mut content = numbers64(&[0, 0, 1, 0, 0, 0, 0, 0]);
    content.extend(numbers32(&[0, 0, 0, FOLDER, 2, 0, 0, 0, BLOCK_BYTES, 0]));
    content
}

/// Half of it is taken.
fn size() -> Vec<u8> {
    let half = BLOCKS / 2;
    let mut content = numbers64(&[BLOCKS, half, half, 100, 50]);
    content.extend(numbers32(&[BLOCK_BYTES, 255, BLOCK_BYTES, 0]));
    content.resize(80, 0);
    content
}

fn numbers32(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
}

fn numbers64(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|it| it.to_ne_bytes()).collect()
}
