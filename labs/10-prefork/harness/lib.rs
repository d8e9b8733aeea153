//! Lab 10: prefork servers. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - [`app`]: the application behind the servers: it answers one connection, with the HTTP of `http`, over a connection that is `patient`.
//! - `client`: the other side: clients that are slow, that go away, and that check what they get.
//! - `load`: the same as fast as they can, to compare servers.
//! - `server`: a driver's server: a process of its own that runs the student's function and reports.
//! - `wire`, `watch`: messages from a server to its driver, and what the kernel says about its processes.
//! - [`mod@shared`]: memory that processes share, and words in it whose operations can be put into every order.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it.
//!
//! Nothing here is edited by students.

pub mod app;
mod client;
mod http;
mod load;
mod patient;
pub mod program;
mod server;
pub mod shared;
mod watch;
mod wire;

pub mod graceful_drain;
pub mod on_demand_server;
pub mod prefork_server;
pub mod prefork_workers;
pub mod scale_workers;
pub mod scoreboard;
