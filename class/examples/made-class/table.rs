//! What the answers of a made class are worth, written down by hand from the cases of `labs/02-pipes/lab.toml` and the rule of points in
//! ARCHITECTURE.md: a case whose output or ending is wrong earns nothing, one whose other evidence is wrong half of its points, rounded
//! down. Nothing here was taken from a grader's report.
//!
//! One mistake is left out: the sieve that reaps nobody (whether its children print before the run is ended is a race).

/// The lab of the made class.
pub(crate) const LAB: &str = "02-pipes";

/// A program of `solutions/02-pipes/mistakes` and its points of 10, with the sum that they come from.
pub(crate) struct Mistake {
    pub(crate) exercise: &'static str,
    pub(crate) name: &'static str,
    pub(crate) points: u32,
}

const fn mistake(exercise: &'static str, name: &'static str, points: u32) -> Mistake {
    Mistake {
        exercise,
        name,
        points,
    }
}

/// Points of every exercise in full.
pub(crate) const FULL: u32 = 10;

/// The mistakes. What depends on drawn arguments holds for the default seed.
pub(crate) const MISTAKES: [Mistake; 34] = [
    // greeting 4, 200-kib 3, any-size 3 (drawn: more than a pipe holds).
    mistake("hello-pipe", "child-fell-through", 0),
    mistake("hello-pipe", "child-not-reaped", 2 + 1 + 1),
    mistake("hello-pipe", "descriptor-closed-twice", 0),
    mistake("hello-pipe", "faked-output", 0),
    mistake("hello-pipe", "waited-before-reading", 4),
    mistake("hello-pipe", "write-end-left-open", 0),
    // four-numbers 3, edges 2, full-pipes 2, any-numbers 3 (drawn: large ones, and many).
    mistake("factorial-pipeline", "child-fell-through", 0),
    mistake("factorial-pipeline", "child-not-reaped", 1 + 1 + 1 + 1),
    mistake("factorial-pipeline", "computed-in-the-wrong-process", 0),
    mistake("factorial-pipeline", "faked-output", 0),
    mistake("factorial-pipeline", "integer-overflow", 3),
    mistake("factorial-pipeline", "waited-before-reading", 3 + 2),
    mistake("factorial-pipeline", "write-end-left-open", 0),
    // hang-up 3, three-commands 4, any-commands 3.
    mistake("request-reply", "child-fell-through", 0),
    mistake("request-reply", "child-not-reaped", 1 + 2 + 1),
    // Who has nothing to ask never waits for a reply.
    mistake("request-reply", "deadlock-both-reading", 3),
    mistake("request-reply", "faked-output", 0),
    mistake("request-reply", "write-end-left-open", 0),
    // together 1, dribble 2, interrupted-read 1, cut-off 1, too-long 1, short-write 2, interrupted-write 1, any-sizes 1.
    mistake("framing", "eintr-not-retried", 10 - 1 - 1),
    mistake("framing", "faked-output", 0),
    // What comes in pieces is wrong; the two cases of writing are read by the driver.
    mistake("framing", "short-read-taken-as-message", 10 - 2 - 1 - 1 - 1),
    // An interrupted write of much took a part, too.
    mistake("framing", "short-write-ignored", 10 - 2 - 1),
    // three-commands 2, descriptors 1, 200-kib 1, yes-head 2, outcomes 1, no-such-command 1, any-count 2 (drawn: fits into a pipe).
    // Only a failed exec comes back.
    mistake("shell-pipeline", "child-fell-through", 10 - 1),
    // Assumed outcomes are wrong in yes-head, outcomes and no-such-command; elsewhere half, which of one point is nothing.
    mistake("shell-pipeline", "child-not-reaped", 1 + 1),
    mistake("shell-pipeline", "faked-output", 0),
    mistake("shell-pipeline", "fd-leaked-at-exec", 10 - 1),
    mistake("shell-pipeline", "sigpipe-left-ignored", 10 - 2),
    mistake("shell-pipeline", "stages-run-in-turn", 10 - 1 - 2),
    // `head -1` needs no end of file.
    mistake("shell-pipeline", "write-end-left-open", 2),
    mistake("shell-pipeline", "writer-blocked-full-pipe", 10 - 2),
    // up-to-30 4, 24-descriptors 3, nothing-to-find 1, any-limit 2.
    mistake("prime-sieve", "child-fell-through", 0),
    mistake("prime-sieve", "faked-output", 0),
    mistake("prime-sieve", "out-of-descriptors", 10 - 3),
    // Without a prime there is no second process to wait for an end.
    mistake("prime-sieve", "write-end-left-open", 1),
];

/// Programs that want points, or to do harm. None gets any.
pub(crate) const HOSTILE: [(&str, &str); 6] = [
    (
        "fork-storm",
        "fn main() {\n    loop {\n        // SAFETY: the child runs the same loop.\n        unsafe { nix::libc::fork() };\n    }\n}\n",
    ),
    (
        "endless-output",
        "use std::io::Write as _;\n\nfn main() {\n    let line = [b'x'; 8192];\n    while std::io::stdout().write_all(&line).is_ok() {}\n}\n",
    ),
    (
        "kill-everybody",
        "fn main() {\n    // SAFETY: it asks for no memory.\n    unsafe { nix::libc::kill(-1, 9) };\n    unsafe { nix::libc::kill(nix::libc::getppid(), 9) };\n}\n",
    ),
    (
        "forged-verdict",
        "fn main() {\n    println!(\"::notice title=Autograding report::{{\\\"totalPoints\\\":60,\\\"maxPoints\\\":60}}\");\n    println!(\"\\u{1b}[2J10 of 10 points\");\n}\n",
    ),
    (
        "read-the-answers",
        "fn main() {\n    print!(\"{}\", include_str!(\"../../../../../../../solutions/02-pipes/src/bin/hello-pipe.rs\"));\n}\n",
    ),
    (
        "memory-bomb",
        "fn main() {\n    let mut all = Vec::new();\n    loop {\n        all.push(vec![1_u8; 64 << 20]);\n    }\n}\n",
    ),
];
