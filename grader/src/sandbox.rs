//! The sandbox: runs one program and produces its record.
//!
//! The grader re-executes itself as the *runner* of one run: a process with a single thread, the child
//! subreaper of everything that the program forks. The request comes on the runner's standard input, which
//! stays open as a lifeline (its end of file means that the grader has gone or has given up); the record goes
//! to its standard output. On every path the runner writes the record, or ends, only after the last
//! process of the run is dead and reaped.
//!
//! # Layout
//!
//! - [`request`]: what a run needs to know.
//! - [`runner`]: from a request to a record. `event_loop`: from the program's start to the last process's end. [`builder`]: compilation, closed off in the same way.
//! - [`setting`]: where a run takes place: in `namespaces` of its own, with a `filesystem` of its own, under an `identity`
//!   of its own, as far as the host allows; `layers` says how far that is.
//! - `folder`: the run's folder, made and removed. `keeper`: who waits until the run is over, to do the latter.
//! - `hardening`: the filter that refuses calls. `landlock`: which files can be used.
//! - [`spawn`]: the runner's session; the program's start: group, limits, signals, descriptors.
//! - [`terminal`]: a terminal of the run's own, and who types there.
//! - `group`: limits for all processes together, where the host has a control group to spare. `limits`: what the run may use, set before and recognized afterwards.
//! - [`tick`]: the clock that wakes the runner.
//! - [`family`]: the processes of the run, found in `/proc`, and their end.
//! - [`hang`]: whether every one of them waits for another.
//! - [`leftovers`]: objects that outlive the run.
//! - [`interrupt`]: Ctrl-C, for the grader itself.
//!
//! This module is the only place of the grader with unsafe code.
#![expect(
    unsafe_code,
    reason = "fork, exec, limits and raw wait statuses have no safe interface"
)]

pub mod builder;
mod event_loop;
pub mod family;
mod filesystem;
mod folder;
mod group;
pub mod hang;
mod hardening;
mod identity;
pub mod interrupt;
mod keeper;
mod landlock;
mod layers;
pub mod leftovers;
mod limits;
mod namespaces;
pub mod request;
pub mod runner;
pub mod setting;
pub mod spawn;
pub mod terminal;
pub mod tick;

pub use builder::BuildRequest;
pub use filesystem::Shared;
pub use request::RunRequest;
pub use terminal::{Foreground, Keys};

/// The argument by which the grader's binary knows that it is to be a runner.
pub const RUNNER_ARGUMENT: &str = "__run";

/// The argument by which it knows that it is to be a builder.
pub const BUILDER_ARGUMENT: &str = "__build";
