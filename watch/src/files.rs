//! Saves: which exercises have other texts than before.
//!
//! Editors save in many ways: they write a file in place, rename another one to it, write twice, leave swap files beside it. What
//! counts is the text that is there once it has been quiet for a moment.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Context as _;
use grader::course::Course;
use notify::{RecursiveMode, Watcher as _};

/// How long it must be quiet before a save is believed to be over.
const QUIET: Duration = Duration::from_millis(20);

/// Watches the exercises for as long as it lives.
pub(crate) struct Files {
    _watcher: notify::RecommendedWatcher,
}

impl Files {
    /// Tells `saved` the names of the exercises that were saved, each time some were.
    ///
    /// # Errors
    /// When the system cannot watch files (inotify(7): the number of watches is limited for each user).
    pub(crate) fn watch(
        course: &Course,
        saved: impl Fn(Vec<String>) + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (tell, told) = mpsc::channel();
        let mut watcher = notify::recommended_watcher(Handler(tell))
            .context("watch files (fs.inotify.max_user_instances may be reached)")?;
        let labs = course.root.join("labs");
        watcher
            .watch(&labs, RecursiveMode::Recursive)
            .context("watch labs/ (fs.inotify.max_user_watches may be reached)")?;
        let answers = course.exercises();
        let answers = answers.map(|it| (it.name().to_owned(), it.answer_path()));
        let mut texts = Texts::of(answers.collect());
        std::thread::spawn(move || {
            while wait_for_quiet(&told) {
                let changed = texts.changed();
                if !changed.is_empty() {
                    saved(changed);
                }
            }
        });
        Ok(Self { _watcher: watcher })
    }
}

/// Passes on that something happened; what it was is seen by looking.
struct Handler(Sender<()>);

impl notify::EventHandler for Handler {
    fn handle_event(&mut self, event: notify::Result<notify::Event>) {
        let reads_only = matches!(&event, Ok(event) if event.kind.is_access());
        if !reads_only {
            // Nobody listens any more: the program ends.
            let _ = self.0.send(());
        }
    }
}

/// Waits for something to happen, and then until nothing more does. False when nothing can happen any more.
fn wait_for_quiet(told: &Receiver<()>) -> bool {
    if told.recv().is_err() {
        return false;
    }
    loop {
        match told.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

/// The texts as they were seen last.
struct Texts {
    answers: Vec<(String, PathBuf)>,
    seen: HashMap<String, Vec<u8>>,
}

impl Texts {
    fn of(answers: Vec<(String, PathBuf)>) -> Self {
        let mut texts = Self {
            answers,
            seen: HashMap::new(),
        };
        texts.changed();
        texts
    }

    /// The exercises whose text is another one than the last time. A file that is not there for the moment is on its way: an
    /// editor has moved the old one away.
    fn changed(&mut self) -> Vec<String> {
        let mut changed = Vec::new();
        for (name, path) in &self.answers {
            let Ok(text) = fs::read(path) else { continue };
            let before = self.seen.insert(name.clone(), text.clone());
            if before != Some(text) {
                changed.push(name.clone());
            }
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> (tempfile::TempDir, Texts) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(format!("{name}.rs"));
        for name in ["a", "b"] {
            fs::write(path(name), "old").unwrap();
        }
        let answers = ["a", "b"].map(|name| (name.to_owned(), path(name)));
        let texts = Texts::of(answers.to_vec());
        (folder, texts)
    }

    #[test]
    fn a_save_without_a_change_is_none() {
        let (folder, mut texts) = texts();
        fs::write(folder.path().join("a.rs"), "old").unwrap();
        assert_eq!(texts.changed(), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_is_replaced_is_saved_and_one_that_is_away_is_not() {
        let (folder, mut texts) = texts();
        let path = |name: &str| folder.path().join(name);
        fs::rename(path("a.rs"), path("a.rs~")).unwrap();
        assert_eq!(texts.changed(), Vec::<String>::new());
        fs::write(path("4913"), "new").unwrap();
        fs::rename(path("4913"), path("a.rs")).unwrap();
        assert_eq!(texts.changed(), ["a"]);
        assert_eq!(texts.changed(), Vec::<String>::new());
    }
}
