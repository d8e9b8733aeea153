//! What was worked out before: verdicts and reference outputs, each under the hash of everything that decides it.
//!
//! Nothing here is needed for a right verdict: a cache that cannot be read or written costs time only.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use crate::compile::Tools;
use crate::course::{CourseError, Lab};

/// At most this many files of each kind are kept; the oldest go first.
const MOST_FILES: usize = 2_000;

/// A hash of parts. Each part is preceded by its length, so that no two lists of parts are mistaken for each other.
#[derive(Debug, Clone)]
pub struct Key(Sha256);

impl Key {
    /// A key for one kind of thing; `kind` changes whenever its form does.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        Self(Sha256::new()).with(kind)
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, part: impl AsRef<[u8]>) -> Self {
        let part = part.as_ref();
        self.0.update((part.len() as u64).to_be_bytes());
        self.0.update(part);
        self
    }

    /// The key as a file name.
    #[must_use]
    pub fn name(&self) -> String {
        let hash = self.0.clone().finalize();
        hash.iter()
            .take(20)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// The folder of one kind of things.
#[derive(Debug, Clone)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// The cache of the things called `kind` in the grader's folder.
    #[must_use]
    pub fn new(work: &Path, kind: &str) -> Self {
        Self {
            folder: work.join(kind),
        }
    }

    /// What was put under the key.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        let bytes = fs::read(self.folder.join(key)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Puts something under the key: whole or not at all.
    pub fn put<T: Serialize>(&self, key: &str, value: &T) {
        let write = || -> io::Result<()> {
            fs::create_dir_all(&self.folder)?;
            let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
            file.write_all(&serde_json::to_vec(value)?)?;
            file.persist(self.folder.join(key))?;
            Ok(())
        };
        // A full disk or a read-only folder: the next time it is worked out again.
        let _ = write();
    }

    /// Removes the oldest things beyond the most that are kept.
    pub fn forget_oldest(&self) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let entries: Vec<_> = entries.collect();
        if entries.len() <= MOST_FILES {
            return;
        }
        let entries = entries.into_iter();
        let mut dated: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        dated.sort();
        let surplus = dated.len().saturating_sub(MOST_FILES);
        for (_, path) in dated.into_iter().take(surplus) {
            let _ = fs::remove_file(path);
        }
    }
}

/// The hash of everything of a lab that decides programs: manifest and harness. Verdicts depend on more, see
/// [`crate::grade`].
///
/// # Errors
/// When a file cannot be read.
pub fn lab_hash(lab: &Lab) -> Result<String, CourseError> {
    let mut key = Key::of("lab/1").with(&lab.package);
    for part in ["Cargo.toml", "harness"] {
        let path = lab.path.join(part);
        let found = files(&path).map_err(|source| CourseError::Read { path, source })?;
        for file in found {
            // The originals of the students' files are no part of any program.
            let name = file.strip_prefix(&lab.path).unwrap_or(&file);
            if !name.starts_with("harness/stubs") {
                let content = fs::read(&file).map_err(|source| CourseError::Read {
                    path: file.clone(),
                    source,
                })?;
                key = key.with(name.as_os_str().as_encoded_bytes()).with(content);
            }
        }
    }
    Ok(key.name())
}

/// The files below a path, or the path itself, sorted.
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        found.extend(files(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}

/// The hash of this grader, of the compiler and of what is set for it. Hashing the grader and asking the compiler take time, so
/// both are remembered for as long as their files do not change.
///
/// # Errors
/// When the grader's own file cannot be read.
pub fn tools_hash(work: &Path) -> io::Result<String> {
    // Without a compiler nothing is built: the message comes then.
    let tools = Tools::find().ok();
    let compiler = tools.as_ref().map(Tools::compiler);
    let mut key = Key::of("tools/2").with(grader_and_compiler(work, compiler.as_deref())?);
    for setting in tools.iter().flat_map(|it| it.settings(work)) {
        key = key.with(setting);
    }
    Ok(key.name())
}

fn grader_and_compiler(work: &Path, compiler: Option<&Path>) -> io::Result<String> {
    let cache = Cache::new(work, "tools");
    let mut key = Key::of("stamps/1").with(stamp(&fs::metadata("/proc/self/exe")?));
    if let Some(compiler) = compiler {
        let data = fs::metadata(compiler);
        key = key
            .with(compiler.as_os_str().as_encoded_bytes())
            .with(data.map_or_else(|_| String::new(), |it| stamp(&it)));
    }
    let stamps = key.name();
    if let Some(hash) = cache.get(&stamps) {
        return Ok(hash);
    }
    let mut hash = Sha256::new();
    io::copy(&mut File::open("/proc/self/exe")?, &mut Update(&mut hash))?;
    let said = compiler.and_then(|it| Command::new(it).arg("-vV").output().ok());
    let said = said.map_or_else(Vec::new, |output| output.stdout);
    let is_known = !said.is_empty();
    let name = Key::of("grader-and-compiler/1")
        .with(hash.finalize())
        .with(said)
        .name();
    // One that could not be asked is asked again.
    if is_known {
        cache.put(&stamps, &name);
    }
    Ok(name)
}

/// What changes whenever a file is written or replaced.
fn stamp(data: &fs::Metadata) -> String {
    let (size, number) = (data.len(), data.ino());
    let modified = (data.mtime(), data.mtime_nsec());
    let changed = (data.ctime(), data.ctime_nsec());
    format!("{size} {number} {modified:?} {changed:?}")
}

/// A hash as a writer.
struct Update<'a>(&'a mut Sha256);

impl io::Write for Update<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_of_different_lists_of_parts_differ() {
        let one = Key::of("x").with("ab").with("c").name();
        let other = Key::of("x").with("a").with("bc").name();
        assert_ne!(one, other);
        assert_eq!(one, Key::of("x").with("ab").with("c").name());
    }

    #[test]
    fn another_compiler_changes_the_hash_and_the_same_one_is_asked_once() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = folder.path().join("rustc");
        let install = |version: &str| {
            // As rustup does: a new file takes the place of the old one.
            let new = folder.path().join("new");
            let script = format!(
                "#!/bin/sh\necho asked >> {}/asked\necho {version}\n",
                folder.path().display()
            );
            fs::write(&new, script).unwrap();
            fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
            fs::rename(new, &compiler).unwrap();
        };
        let hash = || grader_and_compiler(folder.path(), Some(&compiler)).unwrap();
        let asked = || {
            fs::read_to_string(folder.path().join("asked"))
                .unwrap()
                .lines()
                .count()
        };
        install("1.1");
        let old = hash();
        assert_eq!((hash(), asked()), (old.clone(), 1));
        install("1.2");
        assert_ne!(hash(), old);
        install("1.1");
        assert_eq!((hash(), asked()), (old, 3));
    }

    #[test]
    fn what_was_put_is_got_and_what_is_broken_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path(), "things");
        assert_eq!(cache.get::<u32>("a"), None);
        cache.put("a", &7);
        assert_eq!(cache.get("a"), Some(7));
        fs::write(folder.path().join("things/a"), "{").unwrap();
        assert_eq!(cache.get::<u32>("a"), None);
    }
}
