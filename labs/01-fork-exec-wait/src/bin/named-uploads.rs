//! Exercise `named-uploads`: processes with names, and an announcement that is true.
//!
//! It shows how a process tells the kernel its name, which ps(1) and top(1) show and which holds 15 bytes, and
//! that "done" may be said only when every child has been reaped.
//!
//! Calls: fork(2), prctl(2) with PR_SET_NAME, or a write to /proc/self/comm (proc_pid_comm(5)); waitpid(2), _exit(2).
//! Run it: `cargo run -p fork-exec-wait --bin named-uploads`, and with a seed and names of your own:
//! `… --bin named-uploads 7 upload-music holiday-photos-2023.zip`.
//! Edit: the body of `upload_all`.

use std::process::ExitCode;

use fork_exec_wait::named_uploads::{Batch, drive};

/// Starts a process for each of `batch.uploads()`, and announces the end of all of them.
///
/// - Each process gives itself the name `upload.name()`, then calls `upload.run()`, which takes a while.
/// - The kernel keeps 15 bytes of a name and drops the rest without a word. A longer name is therefore made
///   from its first 7 bytes, a `~` and its last 7 bytes. All names are ASCII.
/// - All uploads run at the same time.
/// - When every process has been reaped, and not before, the parent calls `batch.announce()`.
fn upload_all(batch: &Batch) -> nix::Result<()> {
    // TODO: fork for each upload; name, upload and leave in the child; reap and announce in the parent.
    todo!("upload {batch:?}")
}

fn main() -> ExitCode {
    drive(upload_all)
}
