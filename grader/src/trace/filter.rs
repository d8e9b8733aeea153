//! The program for the kernel that stops a process at the traced calls.
//!
//! Arguments are looked at in the kernel, not in the tracer: a private mapping or a change of a signal that is no concern of
//! the course never stops anybody. The program is installed by the child itself, after it has been seized: without a
//! tracer a call that it selects would answer ENOSYS (`seccomp(2)`, SECCOMP_RET_TRACE).

use std::collections::BTreeMap;

use nix::libc;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch,
};

use super::calls::{self, Data};

/// Signals whose handlers matter: the others are the runtime's own (SIGSEGV for stack overflow, real-time ones for threads).
const SIGNALS: [libc::c_int; 10] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGPIPE,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGCHLD,
    libc::SIGTSTP,
];

/// The filter, or why it cannot be made on this architecture.
///
/// # Errors
/// When the architecture is not known to the filter's compiler.
pub fn program(data: Data) -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = calls::traced(data)
        .map(|(number, _)| (number, Vec::new()))
        .collect();
    // The first is MAP_SHARED itself, and part of MAP_SHARED_VALIDATE.
    let shared = bits(3, libc::MAP_SHARED)?;
    rules.insert(libc::SYS_mmap, vec![rule(vec![shared])?]);
    let handlers = SIGNALS.iter().map(|signal| {
        // Only a new action counts, not the question for the present one.
        rule(vec![equals(0, *signal)?, not_null(1)?])
    });
    rules.insert(libc::SYS_rt_sigaction, handlers.collect::<Result<_, _>>()?);
    let masks = vec![rule(vec![not_null(1)?])?];
    rules.insert(libc::SYS_rt_sigprocmask, masks);
    one_of(
        &mut rules,
        libc::SYS_fcntl,
        1,
        &[
            libc::F_DUPFD,
            libc::F_DUPFD_CLOEXEC,
            libc::F_SETFD,
            libc::F_SETFL,
            libc::F_SETLKW,
        ],
    )?;
    one_of(
        &mut rules,
        libc::SYS_prctl,
        0,
        &[
            libc::PR_SET_PDEATHSIG,
            libc::PR_SET_CHILD_SUBREAPER,
            libc::PR_SET_NAME,
        ],
    )?;
    // Timeouts: the names of 32-bit and of 64-bit times, for receiving and sending.
    let timeouts = [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO, 66, 67];
    let timeouts = timeouts
        .iter()
        .map(|name| rule(vec![equals(1, libc::SOL_SOCKET)?, equals(2, *name)?]));
    rules.insert(libc::SYS_setsockopt, timeouts.collect::<Result<_, _>>()?);
    let terminal = i32::try_from(libc::TIOCSPGRP).unwrap_or_default();
    one_of(&mut rules, libc::SYS_ioctl, 1, &[terminal])?;
    if data == Data::Traced {
        // Who wakes others has done so at once; it is who sleeps that matters.
        let private = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
        let sleeps = vec![not_equal(1, libc::FUTEX_WAKE)?, not_equal(1, private)?];
        rules.insert(libc::SYS_futex, vec![rule(sleeps)?]);
    } else {
        one_of(&mut rules, libc::SYS_write, 0, &[1, 2])?;
        one_of(&mut rules, libc::SYS_writev, 0, &[1, 2])?;
    }
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Trace(0),
        architecture,
    )?
    .try_into()
}

/// Traces a call only where an argument is one of the values.
fn one_of(
    rules: &mut BTreeMap<i64, Vec<SeccompRule>>,
    call: libc::c_long,
    argument: u8,
    values: &[i32],
) -> Result<(), BackendError> {
    let alternatives = values
        .iter()
        .map(|value| rule(vec![equals(argument, *value)?]));
    rules.insert(call, alternatives.collect::<Result<_, _>>()?);
    Ok(())
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions)
}

fn equals(argument: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    let value = u64::from(value.cast_unsigned());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn not_equal(argument: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    let value = u64::from(value.cast_unsigned());
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
}

fn not_null(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Ne, 0)
}

fn bits(argument: u8, value: i32) -> Result<SeccompCondition, BackendError> {
    let value = u64::from(value.cast_unsigned());
    SeccompCondition::new(
        argument,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(value),
        value,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_filters_can_be_compiled() {
        assert!(!program(Data::OutputOnly).unwrap().is_empty());
        assert!(!program(Data::Traced).unwrap().is_empty());
        assert!(!program(Data::TracedWithMemory).unwrap().is_empty());
    }
}
