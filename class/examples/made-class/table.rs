//! What the answers of a made class are worth, written down by hand from the cases of `labs/02-pipes/lab.toml`, the mistakes' sources and
//! the rule of points in ARCHITECTURE.md: a case whose output or ending is wrong earns nothing, one whose other evidence is wrong half of
//! its points, rounded down.
//!
//! Five entries, marked "derived", were at first settled with a grader's report at hand. They have been derived again from cases and
//! sources alone, case by case, as is written beside them; the sums are the same.
//! Where a grader's result differs from this table, the reasoning decides which of the two is wrong.
//!
//! Two mistakes are left out, because what they are worth is a race: the sieve that reaps nobody (do its children print before the run is
//! ended?), and the pipeline that credits statuses in the order of the ends (in yes-head that is the right order where the parent comes to
//! wait when both have ended).

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
pub(crate) const MISTAKES: [Mistake; 36] = [
    // greeting 4, 200-kib 3, any-size 3 (drawn: more than a pipe holds).
    mistake("hello-pipe", "child-fell-through", 0),
    mistake("hello-pipe", "child-not-reaped", 2 + 1 + 1),
    mistake("hello-pipe", "descriptor-closed-twice", 0),
    mistake("hello-pipe", "faked-output", 0),
    // The short greeting is one write, and so one read; of more than a pipe holds one read cannot take all.
    mistake("hello-pipe", "short-read-taken-as-message", 4),
    mistake("hello-pipe", "waited-before-reading", 4),
    mistake("hello-pipe", "write-end-left-open", 0),
    // four-numbers 3, smallest 1, edges 1, full-pipes 2, any-numbers 3 (drawn: large ones, and many).
    mistake("factorial-pipeline", "child-fell-through", 0),
    // Half of one point is nothing.
    mistake("factorial-pipeline", "child-not-reaped", 1 + 1 + 1),
    mistake("factorial-pipeline", "computed-in-the-wrong-process", 0),
    mistake("factorial-pipeline", "faked-output", 0),
    mistake("factorial-pipeline", "integer-overflow", 3 + 1),
    // Only in the last two is there more to say than a pipe holds: 2000! has 5,736 digits.
    mistake("factorial-pipeline", "waited-before-reading", 3 + 1 + 1),
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
    // Derived. Wrong is every message of which less than all is there at the second read. together: all is, and a read of nothing is
    // right for the empty message. dribble, interrupted-read and any-sizes (drawn: 394, 145, 60, 222) come byte by byte, and 5, 20 and
    // 394 bytes are not one byte. cut-off: of 10 announced bytes 0 and then 9 are taken as messages. too-long is refused before that
    // read; the two cases of writing use the other function, which is right, and their reader is the driver's.
    mistake("framing", "short-read-taken-as-message", 10 - 2 - 1 - 1 - 1),
    // An interrupted write of much took a part, too.
    mistake("framing", "short-write-ignored", 10 - 2 - 1),
    // three-commands 2, descriptors 1, 200-kib 1, yes-head 2, outcomes 1, no-such-command 1, any-count 2 (drawn: fits into a pipe).
    // Only a failed exec comes back.
    mistake("shell-pipeline", "child-fell-through", 10 - 1),
    // Derived. The outcomes of all commands but the last are assumed to be code 0, which is wrong in yes-head (SIGPIPE), outcomes (3,
    // SIGTERM, 1) and no-such-command (127): nothing for these. In the other four every command ends with code 0, and the last ends
    // after all has flowed through it, so the output is right; children are left that nobody waits for: half, which of the one point of
    // descriptors and 200-kib is nothing, and 1 of each 2 of three-commands and any-count.
    mistake("shell-pipeline", "child-not-reaped", 1 + 1),
    mistake("shell-pipeline", "faked-output", 0),
    mistake("shell-pipeline", "fd-leaked-at-exec", 10 - 1),
    mistake("shell-pipeline", "sigpipe-left-ignored", 10 - 2),
    // Derived. A command that says no more than a pipe holds (65,536 bytes) ends before its reader begins, and nothing is lost:
    // three-commands, descriptors, outcomes, no-such-command, and any-count (drawn: 10,135 lines, which are 49,704 bytes). In 200-kib
    // the first command waits for room for ever, and `yes` in yes-head, for the parent has the read end: it gets no SIGPIPE.
    // three-commands demands that nobody waits between two forks, so it is worth half of its 2.
    mistake("shell-pipeline", "stages-run-in-turn", 10 - 1 - 2 - 1),
    // Derived. The same, but who only asks (WNOHANG) does not wait between two forks.
    mistake("shell-pipeline", "stages-run-in-turn.asks", 10 - 1 - 2),
    // Derived. The parent holds every write end while it waits, so each second command waits for an end of file for ever: in six of the
    // cases it reads to the end (sort, @descriptors, tr, `sh` with cat, cat, sort), and they hang. `head -1` of yes-head ends after a
    // line; nobody else has that read end (the parent drops it, `yes` closed it at exec), so `yes` dies of SIGPIPE as it should: 2.
    mistake("shell-pipeline", "write-end-left-open", 2),
    mistake("shell-pipeline", "writer-blocked-full-pipe", 10 - 2),
    // up-to-30 4, 24-descriptors 3, nothing-to-find 1, any-limit 2.
    mistake("prime-sieve", "child-fell-through", 0),
    mistake("prime-sieve", "faked-output", 0),
    mistake("prime-sieve", "out-of-descriptors", 10 - 3),
    // Derived. Who finds a prime makes the next pipe and forks; that child holds the write end of its own input, and never sees its end.
    // The first process of the chain is without fault. So it hangs as soon as there is one prime: up-to-30, any-limit (drawn: 312), and
    // 24-descriptors, where the second one passes nothing on (what it has to say is in its buffer until its input ends), so that the
    // chain never gets as long as the limit. nothing-to-find has one process only, the one without fault: 1.
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
