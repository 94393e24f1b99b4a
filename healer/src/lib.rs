//! prunelle-healer: webhook in, remedies out. See ARCHITECTURE.md for the flow and the code map.

pub mod alert;
pub mod cli;
pub mod control;
pub mod doctor;
pub mod facts;
pub mod guard;
pub mod http_client;
pub mod intake;
pub mod journal;
pub mod leases;
pub mod metrics;
pub mod policy;
pub mod processes;
pub mod prometheus;
pub mod reason;
pub mod remediation;
pub mod remedy;
pub mod resource_limits;
pub mod run;
pub mod service_manager;
pub mod settings;
pub mod status_page;
pub mod target;
pub mod verify;
pub mod view;
pub mod work;
