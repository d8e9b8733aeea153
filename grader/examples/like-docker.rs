//! Runs a command as a container of Docker's with its default settings would: without the calls that its seccomp profile denies,
//! and with root's capabilities reduced to those that it leaves.
//!
//!     like-docker COMMAND [ARGUMENT]...
//!
//! What it does not imitate: read-only and masked parts of /proc and /sys, AppArmor, and the container's own namespaces. The list
//! has what matters to somebody who wants to build a sandbox inside; Docker's own is a list of what is allowed.
#![expect(unsafe_code, reason = "prctl has no safe interface")]

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

/// Calls that a container without further capabilities may not make at all.
const DENIED: &[libc::c_long] = &[
    // Namespaces and their world.
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_open_by_handle_at,
    // Other processes, beyond ptrace(2), which newer kernels make safe.
    libc::SYS_kcmp,
    libc::SYS_pidfd_getfd,
    libc::SYS_process_madvise,
    libc::SYS_move_pages,
    // Memory policies.
    libc::SYS_mbind,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    // Doors into the kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_fanotify_init,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_reboot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_vhangup,
];

/// Flags by which `clone(2)` would make namespaces.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// Families of sockets that reach past the container: the kernel's cryptography, and the virtual machine's host.
const FAMILIES: [libc::c_int; 2] = [libc::AF_ALG, libc::AF_VSOCK];

/// From `linux/capability.h`: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap, net_bind_service, net_raw,
/// sys_chroot, mknod, audit_write, setfcap.
const CAPABILITIES: [libc::c_ulong; 14] = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31];

fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let Some(program) = words.next() else {
        bail!("usage: like-docker COMMAND [ARGUMENT]...");
    };
    if nix::unistd::geteuid().is_root() {
        give_up_capabilities()?;
    }
    // The one that is installed last is asked first, and the stricter answer counts.
    apply_filter(&denials()?).context("install a filter")?;
    apply_filter(&newer_clone()?).context("install a filter")?;
    let error = Command::new(&program).args(words).exec();
    Err(error).with_context(|| format!("execute {}", program.display()))
}

/// Root has them again at its next exec, unless they are out of bounds.
fn give_up_capabilities() -> Result<()> {
    for capability in (0..64).filter(|it| !CAPABILITIES.contains(it)) {
        // SAFETY: this request takes a number only. One that this kernel does not know answers EINVAL, and is the last.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            break;
        }
    }
    Ok(())
}

/// EPERM for what is denied.
fn denials() -> Result<BpfProgram> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        DENIED.iter().map(|call| (*call, Vec::new())).collect();
    let flags = NAMESPACES.into_iter().map(|flag| {
        let flag = u64::from(flag.cast_unsigned());
        rule(SeccompCmpOp::MaskedEq(flag), flag)
    });
    rules.insert(libc::SYS_clone, flags.collect::<Result<_>>()?);
    let families = FAMILIES.into_iter();
    let families = families.map(|it| rule(SeccompCmpOp::Eq, u64::from(it.cast_unsigned())));
    rules.insert(libc::SYS_socket, families.collect::<Result<_>>()?);
    filter(rules, libc::EPERM)
}

/// ENOSYS for the newer `clone3(2)`, whose flags no filter can see: the C library then uses the older one.
fn newer_clone() -> Result<BpfProgram> {
    filter(
        BTreeMap::from([(libc::SYS_clone3, Vec::new())]),
        libc::ENOSYS,
    )
}

/// A rule about the first argument.
fn rule(is: SeccompCmpOp, value: u64) -> Result<SeccompRule> {
    let condition = SeccompCondition::new(0, SeccompCmpArgLen::Dword, is, value)?;
    Ok(SeccompRule::new(vec![condition])?)
}

fn filter(rules: BTreeMap<i64, Vec<SeccompRule>>, errno: libc::c_int) -> Result<BpfProgram> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    let refused = SeccompAction::Errno(errno.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, architecture)?;
    Ok(filter.try_into()?)
}
