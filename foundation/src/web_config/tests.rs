mod clients;
mod crowds;
mod errors;
mod kit;
mod protocols;
mod reloading;
mod requests;
