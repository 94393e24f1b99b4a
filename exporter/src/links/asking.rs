//! Questions to the kernel that wait for the lock of the whole network.
//!
//! A driver that hangs holds that lock for ever, and whoever waits for it cannot be woken. Every scrape of a host says
//! here what it waits for and until when it may: while one has not come back by its deadline no other is begun, so that
//! a network that hangs costs the threads of a moment, once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::deadline::Deadline;

/// What all scrapes of a host wait for.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    open: Arc<Mutex<Open>>,
}

#[derive(Debug, Default)]
struct Open {
    /// By number.
    questions: BTreeMap<u64, Deadline>,
    next: u64,
}

/// One question; answered when it is dropped.
#[derive(Debug)]
pub(super) struct Question {
    asking: Asking,
    number: u64,
}

impl Asking {
    /// Whether a question has not come back by its deadline.
    pub fn hangs(&self) -> bool {
        self.lock().questions.values().any(Deadline::is_over)
    }

    /// Begins a question; none while another hangs.
    pub(super) fn begin(&self, deadline: &Deadline) -> Option<Question> {
        if self.hangs() {
            return None;
        }
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        open.questions.insert(number, deadline.clone());
        Some(Question {
            asking: self.clone(),
            number,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        self.asking.lock().questions.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
