//! Shows what it was started with. It has no runtime of Rust, which would change its signals.
#![no_main]

use std::fs;
use std::io::Read as _;

unsafe extern "C" {
    fn getpid() -> i32;
    fn getpgid(pid: i32) -> i32;
    fn getppid() -> i32;
    fn getsid(pid: i32) -> i32;
    fn umask(mask: u32) -> u32;
}

#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    show_descriptors();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    for line in status.lines() {
        if ["SigBlk", "SigIgn", "SigCgt"].contains(&line.split(':').next().unwrap()) {
            println!("{}", line.replace('\t', ""));
        }
    }
    // SAFETY: these calls only answer, but for `umask`, whose old mask nobody needs afterwards.
    let (own, group, parent) = unsafe { (getpid(), getpgid(0), getppid()) };
    // SAFETY: as above.
    let (session, mask) = unsafe { (getsid(0), umask(0)) };
    println!("own group {}", own == group);
    println!("session of the runner {}", session == parent);
    println!("shares the CPU with the runner {}", same_autogroup(parent));
    println!("umask {mask:o}");
    let mut names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    names.sort();
    println!("environment {}", names.join(" "));
    println!("files {}", fs::read_dir(".").unwrap().count());
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    println!("input {input:?}");
    0
}

/// Whether the kernel counts this process and its parent as one when it shares out the CPU; true where it does not group.
fn same_autogroup(parent: i32) -> bool {
    let group = |pid: &str| fs::read_to_string(format!("/proc/{pid}/autogroup")).ok();
    group("self") == group(&parent.to_string())
}

/// The open descriptors, but for the one by which they are listed.
fn show_descriptors() {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = entries.filter(|entry| {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        !target.ends_with("fd")
    });
    let mut numbers: Vec<String> = open
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    numbers.sort();
    println!("descriptors {}", numbers.join(" "));
}
