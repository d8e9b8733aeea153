//! The control groups of runs, as a test sees them: found by their names, which end with the number of the runner.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All groups whose runner has ended.
pub(crate) fn abandoned() -> BTreeSet<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let hierarchies = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (place, kind) = (words.next()?, words.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(place))
    });
    let mut found = BTreeSet::new();
    for hierarchy in hierarchies {
        search(&hierarchy, &mut found);
    }
    found
}

fn search(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let Some(runner) = name.strip_prefix("forklings-")
                && !Path::new("/proc").join(runner).exists()
            {
                found.insert(entry.path());
            }
            search(&entry.path(), found);
        }
    }
}
