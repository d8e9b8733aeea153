//! Every file of the platforms can be read: YAML as YAML, scripts as scripts, and a workflow's steps as scripts too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml_ng::Value;

use super::stage::{checkout, succeeded};

/// All files below the folders that hold files of platforms.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in [".github", "docs/student/.github", "platforms"] {
        collect(&checkout().join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// A YAML file's documents.
pub(crate) fn yaml(path: &Path) -> Vec<Value> {
    use serde::Deserialize as _;
    let text = fs::read_to_string(path).unwrap();
    let documents = serde_yaml_ng::Deserializer::from_str(&text);
    documents
        .map(|it| {
            Value::deserialize(it).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        })
        .collect()
}

/// The steps of a workflow's jobs that run something: what they are called, where they run, and what.
pub(crate) fn steps(workflow: &Value) -> Vec<(String, String, String)> {
    let jobs = workflow["jobs"].as_mapping().into_iter().flatten();
    let steps = jobs.flat_map(|(_, job)| job["steps"].as_sequence().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let runs = steps.filter(|step| step["run"].is_string());
    runs.map(|step| {
        (
            text(&step["name"]),
            text(&step["working-directory"]),
            text(&step["run"]),
        )
    })
    .collect()
}

#[track_caller]
fn is_a_script(path: &Path, script: &str) {
    // What GitHub puts in is not the shell's.
    let script = script.replace("${{", "").replace("}}", "");
    let mut command = Command::new("bash");
    succeeded(command.args(["-n", "-c", &script]).env("FILE", path));
}

#[test]
fn every_file_is_sound() {
    let (mut workflows, mut scripts) = (0, 0);
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let is_yaml = path
            .extension()
            .is_some_and(|it| it == "yml" || it == "yaml");
        if is_yaml {
            let documents = yaml(&path);
            assert!(!documents.is_empty(), "{}", path.display());
            for (_, _, script) in documents.iter().flat_map(steps) {
                is_a_script(&path, &script);
                workflows += 1;
            }
        } else if text.starts_with("#!/usr/bin/env bash") {
            is_a_script(&path, &text);
            scripts += 1;
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o111, 0o111, "{}", path.display());
        }
    }
    assert!(workflows > 5 && scripts > 3, "{workflows}, {scripts}");
}

#[test]
fn workflows_ask_for_no_more_than_they_need() {
    for path in files() {
        if !path.to_string_lossy().contains("workflows/")
            && !path.to_string_lossy().contains("actions/")
        {
            continue;
        }
        // A release is written by who makes it, and by nobody else.
        if path.ends_with("release.yml") {
            continue;
        }
        for workflow in yaml(&path) {
            let permissions = workflow["permissions"].as_mapping();
            let permissions = permissions.unwrap_or_else(|| panic!("{}", path.display()));
            for (what, right) in permissions {
                assert_eq!(right.as_str(), Some("read"), "{}: {what:?}", path.display());
            }
        }
    }
}
