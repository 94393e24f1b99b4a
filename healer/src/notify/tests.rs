//! Each channel against a server that takes only what the service's public reference allows.

mod discord;
mod failures;
mod fit;
mod kit;
mod mattermost;
mod ntfy;
mod payloads;
mod secrets;
mod shape;
mod slack;
mod teams;
mod webhook;
