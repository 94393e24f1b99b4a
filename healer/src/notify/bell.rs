//! Wakes tasks without saying why: whoever is woken looks for itself. A ring while nobody listens is not lost.

use std::sync::Arc;

use tokio::sync::watch;

/// A bell; every clone hears every ring.
#[derive(Clone, Debug)]
pub struct Bell {
    rings: Arc<watch::Sender<u64>>,
    heard: watch::Receiver<u64>,
}

impl Default for Bell {
    fn default() -> Self {
        let (rings, heard) = watch::channel(0);
        Self {
            rings: Arc::new(rings),
            heard,
        }
    }
}

impl Bell {
    /// Wakes all.
    pub fn ring(&self) {
        self.rings
            .send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    /// What rang until now is dealt with.
    pub fn mark_heard(&mut self) {
        self.heard.mark_unchanged();
    }

    /// Resolves at the next ring that was not dealt with.
    pub async fn rung(&mut self) {
        // It holds the sender itself.
        let _ = self.heard.changed().await;
    }
}
