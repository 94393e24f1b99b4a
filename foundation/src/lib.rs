//! What both programs need word for word: clock, durations, secrets, configuration with positions in its
//! errors, telemetry, start and stop, listeners and exposition. See ARCHITECTURE.md for the code map.

pub mod clock;
pub mod duration;
