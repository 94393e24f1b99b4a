//! Telling people: what is told, by whom it is worded, and by which channels it goes.
//!
//! The teller follows the journal's events, folds them into incidents and decides what is told to whom and when (the
//! brake). What it decides is a [`message::Message`], kept in the journal's outbox in the same transaction as the place in the
//! events that it stands at, so nothing is told twice after a crash, and nothing is forgotten. Messages are worded and
//! sent afterwards, one queue for each channel of each receiver: a slow channel delays nobody else, and no repair.

pub mod bell;
pub mod brake;
pub mod channel;
pub mod channels;
mod chat;
mod discord;
pub mod files;
mod fitting;
pub mod gauging;
pub mod live;
pub mod mail;
mod mattermost;
pub mod message;
mod ntfy;
pub mod outbox;
pub(crate) mod post;
pub mod reporting;
pub mod route;
#[cfg(test)]
pub(crate) mod samples;
pub mod sender;
pub mod settled;
mod slack;
pub mod speaker;
pub mod story;
mod teams;
pub mod teller;
pub mod trying;
pub mod webhook;
pub mod wording;
pub mod words;

#[cfg(test)]
mod tests;
