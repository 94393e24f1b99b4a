//! The host's own thresholds: what is too much here. The rules compare with them, so that one file of rules serves
//! hosts with different settings.

/// All thresholds. Warning is never above critical: `settings` sees to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// Of CPU usage, as ratios.
    pub cpu: Levels,
    /// Of memory usage, as ratios.
    pub memory: Levels,
    /// Of disk usage, as ratios.
    pub disk: Levels,
    /// Of one physical device in one direction, in bytes per second.
    pub network: Levels,
}

/// The two severities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Somebody should look.
    pub warning: f64,
    /// Somebody must; none when there is no such level.
    pub critical: Option<f64>,
}
