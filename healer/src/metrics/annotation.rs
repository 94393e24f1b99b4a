//! What became of annotations in Grafana, as a label value.

/// What became of one try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnnotationResult {
    /// Grafana has it.
    Written,
    /// It is tried again.
    Failed,
    /// Grafana will never take it, or it was tried for a day.
    GivenUp,
}

impl AnnotationResult {
    pub(super) const ALL: [Self; 3] = [Self::Written, Self::Failed, Self::GivenUp];

    /// The label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
        }
    }
}
