//! Words of memory, message queues, System V objects.

use super::super::rows::Run;
use super::{Hang, check};

#[test]
fn who_sleeps_on_a_word_is_told_where_it_is_and_who_has_it() {
    check(
        "hang_words",
        &Hang {
            args: &["shared"],
            causes: &[],
            said: &[
                "[pid 1] waits in futex to be woken from the word at offset 64 of shared mapping 1, which [pid 2] maps, too.",
                "[pid 2] waits in futex to be woken from the word at offset 64 of shared mapping 1, which [pid 1] maps, too.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_words",
        &Hang {
            args: &["mutexes"],
            causes: &[],
            said: &[
                "[pid 1] (thread 1) and [pid 1] (thread 2) wait in futex to be woken by another thread of the same process.",
            ],
        },
    );
}

#[test]
fn a_word_that_was_changed_without_waking_is_seen() {
    check(
        "hang_words",
        &Hang {
            args: &["not-woken"],
            causes: &["unlock-without-wake", "lost-wakeup"],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in futex to be woken from the word at offset 64 of shared mapping 1, which [pid 1] maps, too; the word was 0 when it went to sleep and is 7 now, so somebody changed it and woke nobody.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn a_private_futex_in_shared_memory_is_named() {
    check(
        "hang_words",
        &Hang {
            args: &["private"],
            causes: &["private-futex"],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in futex to be woken from the word at offset 64 of shared mapping 1, but as a private futex (FUTEX_PRIVATE_FLAG): no other process can wake it; the word was 0 when it went to sleep and is 7 now, so somebody changed it and woke nobody.",
            ],
        },
    );
}

#[test]
fn a_lock_whose_holder_has_ended_is_named() {
    check(
        "hang_words",
        &Hang {
            args: &["owner-dead"],
            causes: &["lock-lost-with-holder"],
            said: &[
                "[pid 1] waits in futex to be woken from the word at offset 64 of shared mapping 1, which no other process maps; the word says that [pid 2] has the lock, and that has ended.",
            ],
        },
    );
}

#[test]
fn who_waits_for_a_queue_is_told_who_has_it_open() {
    let name = format!("/forklings-hang-{}", std::process::id());
    check(
        "hang_words",
        &Hang {
            args: &["receive", &name],
            causes: &[],
            said: &[
                "[pid 1] waits in mq_receive(3) for a message: message queue `/forklings-hang` is empty, and open for sending in [pid 1] itself (fd 3) and in [pid 2] (fd 3, inherited from [pid 1]).",
                "[pid 2] waits in mq_receive(3) for a message: message queue `/forklings-hang` is empty, and open for sending in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_words",
        &Hang {
            args: &["send", &name],
            causes: &[],
            said: &[
                "[pid 1] waits in mq_send(3) for room: message queue `/forklings-hang` is full, and open for receiving in [pid 1] itself (fd 3).",
            ],
        },
    );
}

#[test]
fn who_waits_for_a_system_v_queue_is_told_so() {
    let key = std::process::id().to_string();
    check(
        "hang_words",
        &Hang {
            args: &["system-v", &key],
            causes: &[],
            said: &["[pid 1] waits in msgrcv for a message in a System V message queue."],
        },
    );
    Run::of("hang_words", &["remove-system-v", &key]).record();
}
