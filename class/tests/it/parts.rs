//! Parts of a class, graded apart and put together.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::demo::{BROKEN, CLASS, Demo, Ended, RIGHT, WRONG};

const PARTS: usize = 3;

fn class() -> Demo {
    let demo = Demo::new();
    for number in 0..7 {
        let text = [RIGHT, WRONG, BROKEN][number % 3];
        demo.submit(&format!("s{number}"), "one", text);
    }
    demo
}

/// Grades a part into a folder of its own.
#[track_caller]
fn grade_part(demo: &Demo, index: usize, more: &[&str]) -> Ended {
    let output = Command::new(CLASS)
        .current_dir(demo.path("course"))
        .env_remove("CARGO_TARGET_DIR")
        .args(["class", "../subs", "--shard", &format!("{index}/{PARTS}")])
        .args(["--out", &format!("../part-{index}")])
        .args(more)
        .output();
    Ended::of(output.unwrap())
}

#[track_caller]
fn merge(demo: &Demo, parts: &[&str]) -> Ended {
    let output = Command::new(CLASS)
        .current_dir(demo.path("course"))
        .args(["merge", "--out", "../out"])
        .args(parts.iter().map(|part| format!("../{part}")))
        .output();
    Ended::of(output.unwrap())
}

fn with_manifest(demo: &Demo) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = demo.outputs();
    let manifest = demo.path("out/class.json");
    assert!(files.iter().any(|(path, _)| *path == manifest));
    files.sort();
    files
}

#[test]
fn parts_put_together_are_the_class() {
    let demo = class();
    demo.grade(&[]).with(0);
    let whole = with_manifest(&demo);
    fs::remove_dir_all(demo.path("out")).unwrap();
    for index in 0..PARTS {
        grade_part(&demo, index, &[]).with(0);
    }
    let said = merge(&demo, &["part-2", "part-0"]).with(3).err;
    assert!(said.contains("find all parts: 1/3 is not there"), "{said}");
    assert!(!demo.path("out").exists());
    // In any order, twice, and with what was merged before.
    for parts in [
        &["part-0", "part-1", "part-2"][..],
        &["part-2", "part-1", "part-0", "part-1"],
        &["out", "part-1"],
    ] {
        merge(&demo, parts).with(0);
        assert_eq!(with_manifest(&demo), whole, "{parts:?}");
    }
}

#[test]
fn results_that_contradict_each_other_are_none() {
    let demo = class();
    for index in 0..PARTS {
        grade_part(&demo, index, &[]).with(0);
    }
    merge(&demo, &["part-0", "part-1", "part-2"]).with(0);
    let before = demo.gradebook();
    // Somebody has changed a submission between two machines.
    for index in 0..PARTS {
        fs::rename(
            demo.path(&format!("part-{index}")),
            demo.path(&format!("old-{index}")),
        )
        .unwrap();
    }
    demo.submit("s1", "one", RIGHT);
    for index in 0..PARTS {
        grade_part(&demo, index, &[]).with(0);
    }
    let all = ["old-0", "old-1", "old-2", "part-0", "part-1", "part-2"];
    for _ in 0..2 {
        let said = merge(&demo, &all).with(3).out;
        assert!(
            said.contains("not graded: s1: conflict: ../part-"),
            "{said}"
        );
        let mut expected = before.clone();
        expected[1] = "s1 not graded:  =  + ".to_owned();
        assert_eq!(demo.gradebook(), expected);
    }
    // The part in which nobody could grade gives way to the other.
    let part = (0..PARTS)
        .find(|index| demo.path(&format!("part-{index}/results/s1.json")).exists())
        .unwrap();
    fs::remove_file(demo.path(&format!("old-{part}/results/s1.json"))).unwrap();
    merge(&demo, &all).with(0);
    assert_eq!(demo.gradebook()[1], "s1 graded: 4 = 4 + 0");
}

#[test]
fn parts_of_different_classes_do_not_fit() {
    let demo = class();
    for index in 0..PARTS {
        let more: &[&str] = if index == 1 {
            &["--seed", "other"]
        } else {
            &[]
        };
        grade_part(&demo, index, more).with(0);
    }
    let said = merge(&demo, &["part-0", "part-1", "part-2"]).with(2).err;
    assert!(said.contains("have different seeds"), "{said}");
    let said = merge(&demo, &["subs"]).with(2).err;
    assert!(said.contains("has no class.json"), "{said}");
}
