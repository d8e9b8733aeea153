//! The toolchain: which cargo builds, what it needs of the host, and its environment.
//!
//! The build sees no rustup and none of the user's settings, so what those decide is decided before.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::CompileError;

/// Variables of the user's that a build needs on systems that keep compilers and libraries in unusual places.
const KEPT: [&str; 4] = ["LANG", "LD_LIBRARY_PATH", "LIBRARY_PATH", "RUSTFLAGS"];

/// Where they begin with this, too.
const KEPT_PREFIX: &str = "NIX_";

/// The toolchain that builds answers.
#[derive(Debug)]
pub(crate) struct Tools {
    /// Cargo itself.
    pub(super) cargo: PathBuf,
    /// The folder with compiler and libraries.
    pub(super) toolchain: PathBuf,
    /// Cargo's home, with the packages.
    pub(super) home: PathBuf,
}

impl Tools {
    /// The toolchain of the cargo that runs this grader, or of the one on the PATH.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find() -> Result<Self, CompileError> {
        let no_cargo = |source| CompileError::NoCargo { source };
        let given = env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        let found = on_path(&given).ok_or_else(|| no_cargo(io::ErrorKind::NotFound.into()))?;
        let real = found.canonicalize().map_err(no_cargo)?;
        let bin = real.parent().unwrap_or(Path::new("/"));
        let toolchain = bin.parent().unwrap_or(bin);
        let toolchain = if toolchain.join("lib/rustlib").is_dir() {
            toolchain.to_path_buf()
        } else {
            // A stand-in that asks rustup each time, which is not there when answers are built: a link to it, or it under another name.
            sysroot().map_err(no_cargo)?
        };
        let home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(env::home_dir()?.join(".cargo")));
        Ok(Self {
            cargo: toolchain.join("bin/cargo"),
            toolchain,
            home: home.unwrap_or_else(|| PathBuf::from("/nonexistent")),
        })
    }

    /// The compiler's file.
    pub(crate) fn compiler(&self) -> PathBuf {
        self.toolchain.join("bin/rustc")
    }

    /// What people can set that decides what a compiler makes of a source: variables, and cargo's settings for what is built
    /// below a folder.
    pub(crate) fn settings(&self, folder: &Path) -> Vec<Vec<u8>> {
        let mut settings = vec![self.compiler().into_os_string().into_encoded_bytes()];
        let mut variables: Vec<_> = kept_variables()
            .filter(|(name, _)| name != "LANG")
            .map(|(name, value)| format!("{name}={value}").into_bytes())
            .collect();
        variables.sort();
        settings.append(&mut variables);
        let above = folder.ancestors().map(|it| it.join(".cargo"));
        for place in above.chain([self.home.clone()]) {
            for file in ["config.toml", "config"] {
                // What is not there, or cannot be read, sets nothing.
                settings.extend(fs::read(place.join(file)));
            }
        }
        settings
    }

    /// The environment of a build: nothing of the caller's that an answer could read while it is compiled.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let mut path = self.toolchain.join("bin").display().to_string();
        if let Ok(own) = env::var("PATH") {
            path.push(':');
            path.push_str(&own);
        }
        let mut variables = vec![
            ("PATH".to_owned(), path),
            ("CARGO_HOME".to_owned(), self.home.display().to_string()),
            ("HOME".to_owned(), "/tmp".to_owned()),
            ("CARGO_TERM_COLOR".to_owned(), "never".to_owned()),
            ("CARGO_TERM_PROGRESS_WHEN".to_owned(), "never".to_owned()),
        ];
        variables.extend(kept_variables());
        variables
    }
}

fn kept_variables() -> impl Iterator<Item = (String, String)> {
    // One that is no text is not for cargo.
    let texts = env::vars_os().filter_map(|(name, value)| {
        let text = |it: std::ffi::OsString| it.into_string().ok();
        Some((text(name)?, text(value)?))
    });
    texts.filter(|(name, _)| KEPT.contains(&name.as_str()) || name.starts_with(KEPT_PREFIX))
}

/// The file that a command's name means.
fn on_path(name: &Path) -> Option<PathBuf> {
    if name.components().count() > 1 {
        return name.exists().then(|| name.to_path_buf());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

fn sysroot() -> io::Result<PathBuf> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(said.trim().to_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    PathBuf::from(text.trim()).canonicalize()
}
