//! What became of requests to the webhook, as a label value.

/// What became of one request to the webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NotificationResult {
    /// Committed: 202.
    Accepted,
    /// Nothing new, nothing that matches, or about another host: 200.
    NothingNew,
    /// No credentials: 401.
    Unauthenticated,
    /// Wrong credentials: 403.
    Forbidden,
    /// Not JSON, wrong version, no alerts: 400.
    Malformed,
    /// Over the limit of one body: 413.
    TooLarge,
    /// The body did not arrive in time, or the connection broke: 408.
    Incomplete,
    /// Too many bodies in flight, or the queue is full: 503.
    Overloaded,
    /// Starting or draining: 503.
    NotReady,
    /// The journal could not keep it, or not in time: 503.
    NotKept,
}

impl NotificationResult {
    pub(super) const ALL: [Self; 10] = [
        Self::Accepted,
        Self::NothingNew,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::Malformed,
        Self::TooLarge,
        Self::Incomplete,
        Self::Overloaded,
        Self::NotReady,
        Self::NotKept,
    ];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NothingNew => "nothing_new",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::Incomplete => "incomplete",
            Self::Overloaded => "overloaded",
            Self::NotReady => "not_ready",
            Self::NotKept => "not_kept",
        }
    }
}
