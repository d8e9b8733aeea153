//! A stub and its reference answer agree: the same functions for the student to write, and the same `main`.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grader::course::Course;
use syn::{Block, ImplItem, Item, Signature};

/// The functions of a file, free ones and those of types, by name.
fn functions(path: &Path) -> BTreeMap<String, (Signature, Block)> {
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let mut functions = BTreeMap::new();
    for item in file.items {
        match item {
            Item::Fn(function) => {
                let name = function.sig.ident.to_string();
                functions.insert(name, (function.sig, *function.block));
            }
            Item::Impl(block) => {
                for item in block.items {
                    if let ImplItem::Fn(method) = item {
                        let name = format!("{:?}::{}", block.self_ty, method.sig.ident);
                        functions.insert(name, (method.sig, method.block));
                    }
                }
            }
            _ => {}
        }
    }
    functions
}

#[test]
fn stubs_and_reference_answers_have_equal_signatures() {
    let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(course.has_solutions(), "there are no reference answers");
    for exercise in course.exercises() {
        let stub = functions(&exercise.stub_path());
        let answer = functions(&exercise.solution_path(&course));
        let exercise = exercise.name();
        let to_write = stub.keys().filter(|name| *name != "main").count();
        assert!(to_write > 0, "{exercise}: the stub has nothing to write");
        for (name, (wanted, body)) in stub {
            let (written, answer) = answer
                .get(&name)
                .unwrap_or_else(|| panic!("{exercise}: the answer has no `{name}`"));
            assert_eq!(*written, wanted, "{exercise}: `{name}`");
            if name == "main" {
                assert_eq!(*answer, body, "{exercise}: `main`");
                assert_eq!(body.stmts.len(), 1, "{exercise}: `main` is one line");
            }
        }
    }
}
