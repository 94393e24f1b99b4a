//! Users with a bcrypt hash each, and whether a password is theirs.
//!
//! A password costs a fraction of a second to check, on purpose. So it is checked on a thread for blocking work, one
//! at a time with few in the queue, and the verdict is kept under a keyed hash: what lies in memory tells neither the
//! password nor whether two users share one. A user who does not exist costs as much as the costliest who does.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;
use bcrypt::HashParts;
use serde::{Deserialize, Deserializer};
use subtle::{Choice, ConstantTimeEq as _};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::config::from_text;
use crate::lifecycle::Tasks;

/// So many requests may wait for the check of a password; who checks none does not wait.
const QUEUE: usize = 32;
/// Verdicts that are kept: enough for every user over some changes, and for clients that go on trying.
const RIGHT_KEPT: usize = 64;
const WRONG_KEPT: usize = 256;
/// A cost above this takes longer than a request may.
const HIGHEST_COST: u32 = 18;
const LOWEST_COST: u32 = 4;

/// A bcrypt hash, known to be well-formed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct BcryptHash {
    text: String,
    cost: u32,
}

impl fmt::Debug for BcryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de> Deserialize<'de> for BcryptHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, "a bcrypt hash", |text: &str| {
            // What stands there may be the password itself: no message repeats it.
            let parts = Some(text)
                .filter(|text| !text.starts_with("$2x$"))
                .and_then(|text| text.parse::<HashParts>().ok())
                .ok_or_else(|| {
                    (
                        "this is not a bcrypt hash".to_owned(),
                        "make one with `htpasswd -nBC 10 \"\" | tr -d ':\\n'`; it is 60 characters from `$2y$` on",
                    )
                })?;
            let cost = parts.get_cost();
            if (LOWEST_COST..=HIGHEST_COST).contains(&cost) {
                Ok(Self {
                    text: text.to_owned(),
                    cost,
                })
            } else {
                Err((
                    format!("a bcrypt hash of cost {cost}"),
                    "make one of cost 10; from 19 on checking takes longer than a request may",
                ))
            }
        })
    }
}

/// The users of one version of the file; none at all lets everybody in.
#[derive(Debug, Default)]
pub(super) struct Users {
    hashes: BTreeMap<String, BcryptHash>,
    highest_cost: u32,
}

impl Users {
    pub(super) fn new(hashes: BTreeMap<String, BcryptHash>) -> Self {
        let highest_cost = hashes.values().map(|hash| hash.cost).max().unwrap_or(0);
        Self {
            hashes,
            highest_cost,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Takes as long as the costliest hash, whoever the user and whatever the password is.
    fn is_right(&self, credentials: &Credentials) -> bool {
        let Some(hash) = self.hashes.get(&credentials.user) else {
            burn(self.highest_cost);
            return false;
        };
        let is_right = bcrypt::verify(&*credentials.password, &hash.text).unwrap_or(false);
        // 2^a + 2^a + 2^(a+1) + … + 2^(b-1) = 2^b
        (hash.cost..self.highest_cost).for_each(burn);
        is_right
    }
}

/// Takes as long as a hash of this cost.
fn burn(cost: u32) {
    std::hint::black_box(bcrypt::bcrypt(cost, [0; 16], b"nobody\0"));
}

/// What a request says about its user.
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: Zeroizing<Vec<u8>>,
}

/// Too many passwords wait for being checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// What was found out about passwords.
#[derive(Debug)]
pub(super) struct Verdicts {
    /// Of this process; without one nothing is kept.
    key: Option<hmac::Key>,
    kept: Mutex<Kept>,
    queue: Arc<Semaphore>,
    turn: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Kept {
    right: VecDeque<Tag>,
    wrong: VecDeque<Tag>,
}

type Tag = [u8; 32];

impl Verdicts {
    pub(super) fn new() -> Self {
        let random = aws_lc_rs::rand::SystemRandom::new();
        Self {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &random).ok(),
            kept: Mutex::default(),
            queue: Arc::new(Semaphore::new(QUEUE)),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// Whether the password is the user's.
    pub(super) async fn is_right(
        self: &Arc<Self>,
        users: &Arc<Users>,
        credentials: Credentials,
        tasks: &Tasks,
    ) -> Result<bool, Busy> {
        let tag = self.tag(users, &credentials);
        if let Some(verdict) = self.kept().verdict(tag.as_ref()) {
            return Ok(verdict);
        }
        let place = Arc::clone(&self.queue)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turn)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        // Several scrapes with the same password arrive together after a start.
        if let Some(verdict) = self.kept().verdict(tag.as_ref()) {
            return Ok(verdict);
        }
        let (verdicts, users) = (Arc::clone(self), Arc::clone(users));
        let checking = tasks.spawn_blocking("check password", move || {
            let is_right = users.is_right(&credentials);
            if let Some(tag) = tag {
                verdicts.kept().keep(tag, is_right);
            }
            // Given back here, not by the request, which may have ended before.
            drop((turn, place));
            is_right
        });
        checking.await.map_err(|_| Busy)
    }

    /// Another hash is another question, so a changed password needs no forgetting.
    fn tag(&self, users: &Users, credentials: &Credentials) -> Option<Tag> {
        let hash = users.hashes.get(&credentials.user);
        let mut context = hmac::Context::with_key(self.key.as_ref()?);
        for part in [
            credentials.user.as_bytes(),
            hash.map_or(b"", |hash| hash.text.as_bytes()),
            &credentials.password,
        ] {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut tag = Tag::default();
        for (to, from) in tag.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        Some(tag)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn verdict(&self, tag: Option<&Tag>) -> Option<bool> {
        let tag = tag?;
        let is_among = |tags: &VecDeque<Tag>| -> bool {
            let none = Choice::from(0);
            tags.iter()
                .fold(none, |found, it| found | it.ct_eq(tag))
                .into()
        };
        if is_among(&self.right) {
            Some(true)
        } else {
            is_among(&self.wrong).then_some(false)
        }
    }

    /// Wrong ones never push out right ones.
    fn keep(&mut self, tag: Tag, is_right: bool) {
        let (tags, most) = if is_right {
            (&mut self.right, RIGHT_KEPT)
        } else {
            (&mut self.wrong, WRONG_KEPT)
        };
        tags.truncate(most - 1);
        tags.push_front(tag);
    }
}

#[cfg(test)]
mod tests;
