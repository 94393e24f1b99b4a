//! What rtnetlink says about network devices: the question, and the kernel's messages and attributes taken apart.
//!
//! Pure: bytes in, messages out, in the byte order of this machine. A message or an attribute whose length cannot be is
//! an error; attributes that are not known here are passed over, whatever they nest.

use crate::roots::Malformed;

const DONE: u16 = 3;
const ERROR: u16 = 2;
const NEW_LINK: u16 = 16;
const GET_LINK: u16 = 18;

/// `NLM_F_REQUEST | NLM_F_DUMP`.
const REQUEST_DUMP: u16 = 0x301;
/// `NLM_F_DUMP_INTR`: the list changed while it was written.
const INTERRUPTED: u16 = 0x10;

const HEADER: usize = 16;
/// `struct ifinfomsg`.
const LINK_HEADER: usize = 16;
const ATTRIBUTE_HEADER: usize = 4;
const EXT_MASK: u16 = 29;
/// `RTEXT_FILTER_SKIP_STATS`: without the statistics of IPv6, which are added up over all CPUs and not wanted here.
/// Those of the device itself come all the same.
const SKIP_PROTOCOL_STATS: u32 = 1 << 3;
/// Length of the question.
const QUESTION: usize = HEADER + LINK_HEADER + ATTRIBUTE_HEADER + 4;

/// The two highest bits of an attribute's type are flags.
const TYPE_MASK: u16 = 0x3fff;

/// Asks for all network devices.
pub fn question(sequence: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(QUESTION);
    bytes.extend(u32::try_from(QUESTION).unwrap_or(u32::MAX).to_ne_bytes());
    bytes.extend(GET_LINK.to_ne_bytes());
    bytes.extend(REQUEST_DUMP.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    // From whichever port, about any device.
    bytes.resize(HEADER + LINK_HEADER, 0);
    bytes.extend(8_u16.to_ne_bytes());
    bytes.extend(EXT_MASK.to_ne_bytes());
    bytes.extend(SKIP_PROTOCOL_STATS.to_ne_bytes());
    bytes
}

/// One message of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which question it answers.
    pub sequence: u32,
    /// Whether the list changed while it was written, so that it has to be asked for again.
    pub is_interrupted: bool,
    /// What it says.
    pub content: Content<'a>,
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    /// A device.
    Link(LinkMessage<'a>),
    /// There are no more; 0, or the error number that ended the list.
    End(i32),
    /// Something that was not asked for.
    Other,
}

/// One device: the fixed part, and its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkMessage<'a> {
    /// `ARPHRD_…`.
    pub hardware_type: u16,
    /// The number of the device.
    pub index: u32,
    /// `IFF_…`, with those that the kernel adds for the reader.
    pub flags: u32,
    attributes: &'a [u8],
}

impl<'a> LinkMessage<'a> {
    /// Its attributes by type, those at the top only.
    pub fn attributes(&self) -> impl Iterator<Item = Result<(u16, &'a [u8]), Malformed>> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let attribute = take_attribute(&mut rest);
            if attribute.is_err() {
                rest = &[];
            }
            Some(attribute)
        })
    }
}

/// The messages of one datagram; the first one that cannot be is the last.
pub fn messages(datagram: &[u8]) -> impl Iterator<Item = Result<Message<'_>, Malformed>> {
    let mut rest = datagram;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let message = take_message(&mut rest);
        if message.is_err() {
            rest = &[];
        }
        Some(message)
    })
}

fn take_message<'a>(rest: &mut &'a [u8]) -> Result<Message<'a>, Malformed> {
    let malformed = Malformed::Contradiction("a message of rtnetlink is cut or longer than it is");
    let header = (
        u32_at(rest, 0),
        u16_at(rest, 4),
        u16_at(rest, 6),
        u32_at(rest, 8),
    );
    let (Some(length), Some(kind), Some(flags), Some(sequence)) = header else {
        return Err(malformed);
    };
    let Some(body) = take(rest, length as usize, HEADER) else {
        return Err(malformed);
    };
    let content = match kind {
        NEW_LINK => Content::Link(link(body).ok_or(malformed)?),
        // `NLMSG_DONE` of old kernels may be empty. An acknowledgement, error 0, was not asked for.
        DONE => Content::End(i32_at(body, 0).unwrap_or(0)),
        ERROR => Content::End(i32_at(body, 0).ok_or(malformed)?),
        _ => Content::Other,
    };
    Ok(Message {
        sequence,
        is_interrupted: flags & INTERRUPTED != 0,
        content,
    })
}

fn link(body: &[u8]) -> Option<LinkMessage<'_>> {
    Some(LinkMessage {
        hardware_type: u16_at(body, 2)?,
        index: u32_at(body, 4)?,
        flags: u32_at(body, 8)?,
        attributes: body.get(LINK_HEADER..)?,
    })
}

fn take_attribute<'a>(rest: &mut &'a [u8]) -> Result<(u16, &'a [u8]), Malformed> {
    let malformed =
        Malformed::Contradiction("an attribute of a device is cut or longer than it is");
    let (Some(length), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) else {
        return Err(malformed);
    };
    match take(rest, length.into(), ATTRIBUTE_HEADER) {
        Some(payload) => Ok((kind & TYPE_MASK, payload)),
        None => Err(malformed),
    }
}

/// Takes what is `length` bytes long, its header included, and the padding up to four bytes; returns it without the
/// header. None when it is shorter than its header or longer than what there is.
fn take<'a>(rest: &mut &'a [u8], length: usize, header: usize) -> Option<&'a [u8]> {
    let body = rest.get(header..length)?;
    *rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some(body)
}

/// The number at a place, if the bytes reach that far.
pub(super) fn u64_at(bytes: &[u8], start: usize) -> Option<u64> {
    bytes_at(bytes, start).map(u64::from_ne_bytes)
}

/// The number at a place, if the bytes reach that far.
pub(super) fn u32_at(bytes: &[u8], start: usize) -> Option<u32> {
    bytes_at(bytes, start).map(u32::from_ne_bytes)
}

fn i32_at(bytes: &[u8], start: usize) -> Option<i32> {
    bytes_at(bytes, start).map(i32::from_ne_bytes)
}

fn u16_at(bytes: &[u8], start: usize) -> Option<u16> {
    bytes_at(bytes, start).map(u16::from_ne_bytes)
}

fn bytes_at<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..start.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests;
