//! Cargo's commands: it gets the packages that the labs need, and builds all that lies in the overlay.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::CompileError;
use super::outcome::{Outcome, is_machines_fault};
use super::target::Target;
use super::tools::Tools;
use crate::overlay::Overlay;
use crate::progress::{Progress, Spent, Stage};
use crate::sandbox::{BUILDER_ARGUMENT, BuildRequest, Shared, builder, family, interrupt, spawn};

/// What cargo is asked for; the folder to build in follows.
const BUILD: [&str; 8] = [
    "build",
    "--bins",
    "--keep-going",
    "--offline",
    "--locked",
    "--message-format",
    "json",
    "--target-dir",
];

/// How long one build of all answers may take.
const LONGEST_BUILD: Duration = Duration::from_secs(600);

/// How many seconds of CPU time each process of a build may take: a compiler that needs more does not come to an end.
const COMPILER_SECONDS: u64 = 60;

/// Gets the packages of the lock file, unless they have been got before: without the network when they are there already.
///
/// # Errors
/// When they cannot be had.
pub(super) fn fetch(
    overlay: &Overlay,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<(), CompileError> {
    let stamp = folder.join("packages-are-there");
    let fetched_before = fs::read(&stamp).is_ok_and(|it| it == overlay.packages);
    if fetched_before && overlay.is_locked() {
        return Ok(());
    }
    progress.begin(Stage::Preparing, 0);
    let fetched = fetch_anew(overlay);
    progress.end();
    fetched?;
    fs::write(&stamp, &overlay.packages).map_err(|source| CompileError::Keep {
        path: stamp,
        source,
    })
}

fn fetch_anew(overlay: &Overlay) -> Result<(), CompileError> {
    // Without a compiler cargo would complain while it is about packages.
    Tools::find()?;
    let fetch = |more: &[&str]| {
        let mut command = cargo(overlay);
        command.arg("fetch").args(more).stdout(Stdio::null());
        spawn::as_helper(&mut command)
            .output()
            .map_err(|source| CompileError::NoCargo { source })
    };
    overlay.lock()?;
    if fetch(&["--offline"])?.status.success() {
        return Ok(());
    }
    if interrupt::is_requested() {
        return Err(CompileError::Interrupted);
    }
    let output = fetch(&[])?;
    if output.status.success() {
        return Ok(());
    }
    Err(CompileError::Packages {
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// One `cargo build` of all that lies in the overlay.
///
/// # Errors
/// When cargo cannot do its work; never because of a source.
pub(super) fn build(
    overlay: &Overlay,
    folder: &Path,
    target: &Target,
    progress: &dyn Progress,
) -> Result<Outcome, CompileError> {
    target.prepare()?;
    let request = request(overlay, &Tools::find()?, &target.folder)?;
    // `/proc/self/exe` is this very program, even when its file has been replaced since.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg(BUILDER_ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    // A file, not a pipe: nobody has to read it while cargo writes.
    let stderr = tempfile::tempfile().map_err(|source| CompileError::Keep {
        path: std::env::temp_dir(),
        source,
    })?;
    let duplicate = stderr
        .try_clone()
        .map_err(|source| CompileError::NoCargo { source })?;
    command.stderr(duplicate);
    // A compiler whose cargo has gone becomes this process's own, to be ended.
    let started = family::adopt_orphans().and_then(|()| {
        let mut own = family::own_children();
        let child = command.spawn()?;
        own.push(child.id().cast_signed());
        Ok(child)
    });
    let mut child = started.map_err(|source| CompileError::NoCargo { source })?;
    if let Some(stdin) = child.stdin.as_mut() {
        // One that has died already is seen by its end.
        let _ = stdin.write_all(&request);
    }
    let mut outcome = Outcome::of(folder);
    let read = outcome.read(&mut child, progress);
    progress.spent(Spent::Cargo, outcome.spent);
    if interrupt::is_requested() {
        let _ = child.kill();
    }
    let status = child.wait();
    let mut own = family::own_children();
    own.retain(|it| *it != child.id().cast_signed());
    if interrupt::is_requested() {
        // Not what goes on beside the build: it ends by itself, and cleans up.
        family::end_children_except(&own);
        return Err(CompileError::Interrupted);
    }
    drop(own);
    outcome.stderr = text_of(stderr);
    let failed = |said: String| CompileError::Cargo { said };
    read.map_err(|error| failed(error.to_string()))?;
    if let Some(said) = outcome.machine.take() {
        return Err(CompileError::Machine { said });
    }
    if let Some((package, said)) = outcome.harness.take() {
        return Err(CompileError::Harness { package, said });
    }
    let status = status.map_err(|error| failed(error.to_string()))?;
    if !status.success() && is_machines_fault(&outcome.stderr) {
        return Err(CompileError::Machine {
            said: outcome.stderr,
        });
    }
    Ok(outcome)
}

/// What the builder is asked for, as a line.
fn request(overlay: &Overlay, tools: &Tools, target: &Path) -> Result<Vec<u8>, CompileError> {
    if builder::owner().is_some() {
        show(&overlay.root).map_err(|source| CompileError::Keep {
            path: overlay.root.clone(),
            source,
        })?;
    }
    let shared = |path: PathBuf, writable| Shared { path, writable };
    let mut folders = vec![
        shared(tools.toolchain.clone(), false),
        shared(overlay.root.clone(), false),
        shared(target.to_path_buf(), true),
    ];
    let of_home = ["registry", "git", "config.toml", "config"].map(|it| tools.home.join(it));
    let of_home = of_home.into_iter().filter(|path| path.exists());
    folders.extend(of_home.map(|path| shared(path, false)));
    let mut args: Vec<String> = BUILD.iter().map(|it| (*it).to_owned()).collect();
    args.push(target.display().to_string());
    let request = BuildRequest {
        program: tools.cargo.clone(),
        args,
        environment: tools.environment(),
        folder: overlay.root.clone(),
        shared: folders,
        wall_ms: u64::try_from(LONGEST_BUILD.as_millis()).unwrap_or(u64::MAX),
        cpu_seconds: COMPILER_SECONDS,
    };
    let line = serde_json::to_vec(&request).map_err(|error| CompileError::Cargo {
        said: error.to_string(),
    });
    let mut line = line?;
    line.push(b'\n');
    Ok(line)
}

/// Lets everybody read a folder and all that is in it, though the caller's umask may be strict: another user compiles it.
fn show(path: &Path) -> io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    let (is_folder, mode) = (data.is_dir(), data.permissions().mode());
    let wanted = mode | if is_folder { 0o555 } else { 0o444 };
    if wanted != mode {
        fs::set_permissions(path, Permissions::from_mode(wanted))?;
    }
    if is_folder {
        for entry in fs::read_dir(path)? {
            show(&entry?.path())?;
        }
    }
    Ok(())
}

/// The cargo that runs this grader, or the one on the PATH.
fn cargo(overlay: &Overlay) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command
        .current_dir(&overlay.root)
        .stdin(Stdio::null())
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never");
    // What cargo said to the grader about the grader's own package is not for the answers.
    for variable in [
        "CARGO_TARGET_DIR",
        "CARGO_BUILD_TARGET",
        "CARGO_MANIFEST_DIR",
    ] {
        command.env_remove(variable);
    }
    command
}

fn text_of(mut file: fs::File) -> String {
    use io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    // What cannot be read back is lost as an explanation only.
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
