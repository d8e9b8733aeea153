//! The tracer: what the kernel saw of a run, by `ptrace(2)` and `seccomp(2)`.
//!
//! The program is seized before it executes, and has a filter in the kernel that stops it at the calls worth seeing and at no
//! others: an untraced call costs nothing. Every child is traced from its birth. The tracer only looks;
//! for the program everything is as without it, but for the differences that `ptrace(2)` names.
//!
//! # Layout
//!
//! - [`calls`]: which calls are traced, by architecture.
//! - [`filter`]: the program for the kernel that selects them.
//! - [`stop`]: one stop of one thread: a value that resuming consumes.
//! - [`cpu`]: how much CPU time a process has used.
//! - [`memory`]: reading what a call's arguments point to.
//! - [`maps`]: the memory of a process, region by region.
//! - [`numbered`]: a small table by number.
//! - [`residency`]: which shared memory a process has used.
//! - [`objects`]: what descriptors refer to, and who holds which.
//! - `guard`: which calls would reach a process outside of the run.
//! - [`system_v`]: System V objects, which only the kernel's own list shows.
//! - [`interventions`]: what the tracer does to a run, and where; [`registers`], which that changes.
//! - [`recorder`]: stops become processes, objects and events of a record.
//!
//! The tracer belongs to the thread that seized the program, so nothing here is `Send`.
#![expect(
    unsafe_code,
    reason = "ptrace and process_vm_readv have no safe interface"
)]

pub mod calls;
pub mod cpu;
pub mod filter;
mod guard;
pub mod interventions;
pub mod maps;
pub mod memory;
pub mod numbered;
pub mod objects;
pub mod recorder;
pub mod registers;
pub mod residency;
pub mod stop;
pub mod system_v;

pub use recorder::Recorder;
