//! What both programs need word for word: clock, durations, secrets, configuration with positions in its
//! errors, telemetry, start and stop, listeners and exposition. See ARCHITECTURE.md for the code map.

pub mod build_info;
pub mod clock;
pub mod config;
pub mod duration;
pub mod exposition;
pub mod file_stamp;
pub mod lifecycle;
pub mod listener;
pub mod process_metrics;
pub mod quantity;
pub mod secret;
pub mod setting;
pub mod telemetry;
pub mod web_config;
