//! Namespaces of the run's own: users, processes, mounts, IPC, network, host name (`namespaces(7)`).
//!
//! The runner makes one process in all of them at once. That process is the first of its namespace (pid 1), so it adopts
//! every orphan, nobody inside can end or stop it, and with it all others end. It sets its world up, gives all
//! capabilities away and does what the runner would otherwise have done on the host; the runner only waits for it. A
//! step that the host refuses undoes everything: the runner then does the work itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, pipe2, sethostname};

use super::filesystem::{self, View};
use super::identity::{self, Identity};
use super::keeper::{self, Over};
use super::layers::Refused;

const ALL: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWUTS;

/// The host's name inside.
const HOST_NAME: &str = "forklings";

/// Where the calling process finds itself.
pub(super) enum Place {
    /// In the namespaces, as their first process; the program, where there is one, is at this path.
    Inside(Option<PathBuf>),
    /// On the host, as before: a step was refused.
    Host(Refused),
    /// On the host, and the process inside has done all there was to do.
    Over(Over),
}

/// Goes on in namespaces of the run's own, where the host allows it.
pub(super) fn enter(view: &View<'_>, who: Identity) -> Place {
    match begin() {
        Err(refused) => Place::Host(refused),
        Ok(Side::Outside(inside)) => inside.look_after(who),
        Ok(Side::Inside(outside)) => match set_up(view, who, &outside) {
            Ok(path) => {
                // Without the runner, nobody waits for this process; the end of the pipe would say so before its signal does.
                if nix::unistd::write(&outside.say, READY).is_err() {
                    end_now();
                }
                Place::Inside(path)
            }
            Err(refused) => {
                let words = format!("{} {}", refused.errno as i32, refused.step);
                let _ = nix::unistd::write(&outside.say, words.as_bytes());
                end_now()
            }
        },
    }
}

/// What the process inside says when all is set up.
const READY: &[u8] = b"ready";

/// Ends the process without running anything of the runner's.
fn end_now() -> ! {
    // SAFETY: `_exit` does nothing but end the process.
    unsafe { libc::_exit(1) }
}

/// The two sides of the border.
enum Side {
    Outside(Inside),
    Inside(Outside),
}

/// The process inside, seen from outside.
struct Inside {
    pid: Pid,
    /// Lets it go on.
    go: OwnedFd,
    /// What it says.
    said: OwnedFd,
}

/// The runner, seen from inside.
struct Outside {
    go: OwnedFd,
    say: OwnedFd,
}

fn begin() -> Result<Side, Refused> {
    let pipe = || pipe2(OFlag::O_CLOEXEC).map_err(Refused::at("make a pipe"));
    let (go_inside, go) = pipe()?;
    let (said, say) = pipe()?;
    let flags = ALL | libc::SIGCHLD;
    // Not `unshare(2)`: the runner itself stays where it is, to do the work where a later step is refused.
    // SAFETY: without a stack of its own the child goes on with a copy of this one, as after `fork(2)`; the runner has one
    // thread, so no lock is held by another.
    let pid = unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(flags), 0, 0, 0, 0) };
    let pid = Errno::result(pid).map_err(Refused::at("make namespaces"))?;
    Ok(match i32::try_from(pid) {
        Ok(0) => Side::Inside(Outside { go: go_inside, say }),
        Ok(pid) => Side::Outside(Inside {
            pid: Pid::from_raw(pid),
            go,
            said,
        }),
        Err(_) => return Err(Refused::new("make namespaces", Errno::EOVERFLOW)),
    })
}

impl Inside {
    /// Gives the process inside its user, and waits for its end.
    fn look_after(self, who: Identity) -> Place {
        let Self { pid, go, said } = self;
        if let Err(refused) = write_maps(pid, who) {
            // It sees the end of its pipe, and ends.
            drop(go);
            let _ = waitpid(pid, None);
            return Place::Host(refused);
        }
        let mut words = Vec::new();
        let told = fs::File::from(go).write_all(b"g");
        let read = told.and_then(|()| fs::File::from(said).read_to_end(&mut words));
        if read.is_ok() && words == READY {
            return Place::Over(keeper::wait_for(pid));
        }
        let _ = waitpid(pid, None);
        let words = String::from_utf8_lossy(&words);
        let refused = words.split_once(' ').and_then(|(errno, step)| {
            let errno = Errno::from_raw(errno.parse().ok()?);
            Some(Refused::new(step, errno))
        });
        Place::Host(refused.unwrap_or_else(|| Refused::new("set namespaces up", Errno::EIO)))
    }
}

/// Maps one user and one group to themselves. Only a privileged runner may map others than its own; an unprivileged one
/// has to give up `setgroups(2)` before (`user_namespaces(7)`).
fn write_maps(pid: Pid, who: Identity) -> Result<(), Refused> {
    let write = |file: &str, text: String, step: &str| {
        let written = fs::write(format!("/proc/{pid}/{file}"), text);
        written.map_err(|error| {
            Refused::new(
                step,
                Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)),
            )
        })
    };
    if who == Identity::Own {
        write("setgroups", "deny".to_owned(), "give up groups")?;
    }
    let (user, group) = (who.user(), who.group());
    write(
        "uid_map",
        format!("{user} {user} 1"),
        "write the user's map",
    )?;
    write(
        "gid_map",
        format!("{group} {group} 1"),
        "write the group's map",
    )
}

/// Inside: makes the world that the program will see. The order: what needs the runner's own rights on files, then the user,
/// then what needs capabilities, and then those go.
fn set_up(view: &View<'_>, who: Identity, outside: &Outside) -> Result<Option<PathBuf>, Refused> {
    let mut word = [0];
    match nix::unistd::read(&outside.go, &mut word) {
        Ok(1) => {}
        _ => return Err(Refused::new("wait for the user's map", Errno::EPIPE)),
    }
    filesystem::make_private()?;
    let detached = view.detach()?;
    who.assume().map_err(Refused::at("become another user"))?;
    let path = filesystem::build(view, detached)?;
    sethostname(HOST_NAME).map_err(Refused::at("name the host"))?;
    raise_loopback().map_err(Refused::at("raise the loopback device"))?;
    identity::drop_capabilities().map_err(Refused::at("drop capabilities"))?;
    // Both are forgotten when rights change, so they come last.
    identity::end_with_parent().map_err(Refused::at("end with the runner"))?;
    identity::be_open(false).map_err(Refused::at("be closed to others"))?;
    Ok(path)
}

/// Sets the flag IFF_UP of `lo` (`netdevice(7)`): a new network has this device only, and it is down.
fn raise_loopback() -> Result<(), Errno> {
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: the call has no pointers.
    let socket = Errno::result(unsafe { libc::socket(libc::AF_INET, kind, 0) })?;
    // SAFETY: the descriptor is new, and nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    // SAFETY: the structure is plain integers and arrays of them, for which zeros are valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::try_from(*from).unwrap_or(0);
    }
    request.ifr_ifru.ifru_flags = libc::c_short::try_from(libc::IFF_UP).unwrap_or(1);
    // SAFETY: the kernel reads a live `ifreq`.
    let raised = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) };
    Errno::result(raised).map(drop)
}
