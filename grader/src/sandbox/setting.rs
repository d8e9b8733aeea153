//! Where a run takes place: in namespaces of its own, or, where the host refuses them, on the host. Done once, before the
//! program is started; what of it the host refused is listed.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::filesystem::{Program, View};
use super::hardening::Reach;
use super::identity::{self, Identity};
use super::keeper::{self, Over};
use super::layers::{self, Refused, active, unavailable};
use super::namespaces::{self, Place};
use super::request::RunRequest;
use crate::record::Layer;

/// The environment variable that decides where runs take place; `reduced` means on the host, as where namespaces are refused.
/// For tests of that mode.
pub const MODE_VARIABLE: &str = "FORKLINGS_SANDBOX";

/// Where the run takes place.
#[derive(Debug)]
pub(super) struct Setting {
    /// The protections so far; the program's start adds its own.
    pub(super) layers: Vec<Layer>,
    /// Who could be signaled.
    pub(super) reach: Reach,
    /// Whether no process outside of the run has the program's user id, as far as limits count.
    pub(super) is_alone: bool,
    /// The program's path; none where nothing is to be run.
    pub(super) program: Option<PathBuf>,
}

/// What came of entering a setting.
#[derive(Debug)]
pub(super) enum Entered {
    /// The calling process is where the program is to be run.
    Ready(Setting),
    /// Another process has done the run.
    Over(Over),
}

/// Goes where the run is to take place.
///
/// # Errors
/// When the program cannot be read, or the run's folder not be prepared.
pub(super) fn enter(request: &RunRequest) -> io::Result<Entered> {
    let program = request.program.as_deref().map(Program::open).transpose()?;
    let mut layers: Vec<Layer> = layers::ALWAYS.iter().map(|it| active(it)).collect();
    let chosen = Identity::choose();
    let who = chosen.unwrap_or(Identity::Own);
    let refused = if is_reduced_wanted() {
        Refused::new(layers::FORCED, Errno::ECANCELED)
    } else {
        let view = View {
            folder: &request.folder,
            bytes: request.disk_bytes,
            hidden: &request.hidden,
            program: program.as_ref(),
            shared: &[],
        };
        match namespaces::enter(&view, who) {
            Place::Over(over) => return Ok(Entered::Over(over)),
            Place::Inside(program) => {
                layers.extend(layers::NAMESPACES.iter().map(|it| active(it)));
                layers.push(user_layer(chosen.err().map(without_user)));
                return Ok(Entered::Ready(Setting {
                    layers,
                    reach: Reach::Run,
                    is_alone: true,
                    program,
                }));
            }
            Place::Host(refused) => refused,
        }
    };
    identity::be_open(false)?;
    if let Some(over) = keeper::stay_behind()? {
        return Ok(Entered::Over(over));
    }
    layers.extend(
        layers::NAMESPACES
            .iter()
            .map(|it| unavailable(it, &refused)),
    );
    let changed = match (chosen, who) {
        (Err(errno), _) => Err(without_user(errno)),
        (Ok(_), who) => move_to(who, request, program.as_ref()),
    };
    let (moved, refused) = match changed {
        Ok(moved) => (moved, None),
        Err(refused) => (Moved::nowhere(request), Some(refused)),
    };
    layers.push(user_layer(refused));
    identity::be_open(false)?;
    Ok(Entered::Ready(Setting {
        layers,
        reach: Reach::User,
        is_alone: moved.is_alone,
        program: moved.program,
    }))
}

pub(super) fn is_reduced_wanted() -> bool {
    std::env::var_os(MODE_VARIABLE).is_some_and(|mode| mode == "reduced")
}

fn without_user(errno: Errno) -> Refused {
    Refused::new("find another user", errno)
}

fn user_layer(refused: Option<Refused>) -> Layer {
    refused.map_or_else(
        || active(layers::UNPRIVILEGED_USER),
        |refused| unavailable(layers::UNPRIVILEGED_USER, &refused),
    )
}

/// What becoming another user has changed.
struct Moved {
    is_alone: bool,
    program: Option<PathBuf>,
}

impl Moved {
    fn nowhere(request: &RunRequest) -> Self {
        Self {
            is_alone: false,
            program: request.program.clone(),
        }
    }
}

/// On the host: becomes the user who is to run the program, with a copy of the program that this user can execute.
fn move_to(
    who: Identity,
    request: &RunRequest,
    program: Option<&Program>,
) -> Result<Moved, Refused> {
    let Identity::Nobodys(id) = who else {
        return Ok(Moved::nowhere(request));
    };
    let folder = &request.folder;
    if !can_be_reached(folder) {
        return Err(Refused::new("reach the run's folder", Errno::EACCES));
    }
    let refused = |step: &'static str| {
        move |error: io::Error| {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(nix::libc::EIO));
            Refused::new(step, errno)
        }
    };
    let place = folder.join("program");
    fs::create_dir(&place).map_err(refused("copy the program"))?;
    let copy = program.map(|it| it.copy_into(&place)).transpose();
    let copy = copy.map_err(refused("copy the program"))?;
    chown(folder, Some(id), Some(id)).map_err(refused("give the run's folder away"))?;
    who.assume().map_err(Refused::at("become another user"))?;
    Ok(Moved {
        is_alone: true,
        program: copy,
    })
}

/// Whether every user may pass through all folders above this one.
fn can_be_reached(folder: &Path) -> bool {
    let passable =
        |path: &Path| fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o001 != 0);
    folder
        .ancestors()
        .skip(1)
        .all(|it| it.as_os_str().is_empty() || passable(it))
}
