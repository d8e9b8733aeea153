//! Archives as others write them, and hostile ones.

use std::fs;
use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const ANSWER: &str = "labs/02-pipes/src/bin/hello-pipe.rs";

#[derive(Clone, Copy, PartialEq, Debug)]
enum Form {
    Zip,
    Tar,
    TarGz,
}

const FORMS: [Form; 3] = [Form::Zip, Form::Tar, Form::TarGz];

fn bytes(entries: &[(&str, &[u8])], form: Form) -> Vec<u8> {
    match form {
        Form::Zip => {
            let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
            for (name, content) in entries {
                let options = ::zip::write::SimpleFileOptions::default();
                writer.start_file(*name, options).unwrap();
                writer.write_all(content).unwrap();
            }
            writer.finish().unwrap().into_inner()
        }
        Form::Tar => tarred(entries),
        Form::TarGz => gzipped(&tarred(entries)),
    }
}

fn tarred(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, content) in entries {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        // The field itself: the library refuses paths that a hostile archive has.
        let field = &mut header.as_old_mut().name;
        if name.len() < field.len() {
            field[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, *content).unwrap();
        } else {
            builder.append_data(&mut header, name, *content).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<Vec<Member>, ArchiveError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a");
    fs::write(&file, bytes).unwrap();
    read(&file, &|path| path.ends_with(".rs"))
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    match read_bytes(bytes) {
        Err(error) => error.to_string(),
        Ok(members) => panic!("taken: {members:?}"),
    }
}

fn file(path: &str, text: &str) -> Member {
    Member {
        path: path.to_owned(),
        content: Content::Bytes(text.as_bytes().to_vec()),
    }
}

#[test]
fn wanted_files_are_read_of_every_form() {
    let long = format!("{}/{ANSWER}", "a-long-folder/".repeat(12));
    let entries: [(&str, &[u8]); 4] = [
        ("./README.md", b"text"),
        ("./labs/02-pipes/src/bin/hello-pipe.rs", b"fn main() {}"),
        ("x\\labs\\a.rs", b"b"),
        (&long, b"c"),
    ];
    let long = long.replace("//", "/");
    let expected = [
        file(ANSWER, "fn main() {}"),
        file("x/labs/a.rs", "b"),
        file(&long, "c"),
    ];
    for form in FORMS {
        assert_eq!(
            read_bytes(&bytes(&entries, form)).unwrap(),
            expected,
            "{form:?}"
        );
    }
}

#[test]
fn a_path_that_leads_out_refuses_the_archive() {
    for form in FORMS {
        for path in [
            "../a.rs",
            "labs/../../a.txt",
            "/etc/a.rs",
            "C:\\a.rs",
            "..\\a.rs",
        ] {
            let said = refused(&bytes(&[(path, b"x")], form));
            assert!(said.contains("leads out"), "{form:?} {path}: {said}");
        }
        // Two dots in a name lead nowhere.
        assert_eq!(
            read_bytes(&bytes(&[("a..b/x.rs", b"x")], form))
                .unwrap()
                .len(),
            1
        );
    }
}

#[test]
fn links_have_no_text() {
    let mut builder = ::tar::Builder::new(Vec::new());
    for kind in [
        ::tar::EntryType::Symlink,
        ::tar::EntryType::Link,
        ::tar::EntryType::Fifo,
    ] {
        let mut header = ::tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        let name = format!("{}.rs", kind.as_byte());
        builder
            .append_link(&mut header, name, "/etc/passwd")
            .unwrap();
    }
    let members = read_bytes(&builder.into_inner().unwrap()).unwrap();
    assert_eq!(
        members.iter().map(|it| &it.content).collect::<Vec<_>>(),
        [
            &Content::Link,
            &Content::Link,
            &Content::Strange("it is no regular file")
        ]
    );

    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = ::zip::write::SimpleFileOptions::default();
    writer.add_symlink("a.rs", "/etc/passwd", options).unwrap();
    let members = read_bytes(&writer.finish().unwrap().into_inner()).unwrap();
    assert_eq!(members[0].content, Content::Link);
}

#[test]
fn too_many_files_are_refused_and_many_are_not() {
    let names: Vec<String> = (0..100_000).map(|number| format!("f{number}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|it| (it.as_str(), &b""[..])).collect();
    for form in FORMS {
        let said = refused(&bytes(&entries, form));
        assert!(said.contains("more than 50000 files"), "{form:?}: {said}");
        let fewer = &entries[..50_000];
        assert_eq!(read_bytes(&bytes(fewer, form)).unwrap(), [], "{form:?}");
    }
}

#[test]
fn what_unpacks_without_end_is_refused_and_a_large_answer_is_not_read() {
    let zeros = vec![0; 40 * 1024 * 1024];
    for form in FORMS {
        let members = read_bytes(&bytes(&[("a.rs", &zeros)], form)).unwrap();
        assert_eq!(members[0].content, Content::TooLarge, "{form:?}");
    }
    // 1.1 GB of a file that nobody wants, in one megabyte; of a zip file it is not decompressed.
    let mut bomb = tarred(&[]);
    bomb.clear();
    let mut header = ::tar::Header::new_gnu();
    header.set_path("bomb.bin").unwrap();
    header.set_size(28 * 40 * 1024 * 1024);
    header.set_cksum();
    bomb.extend(header.as_bytes());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bomb).unwrap();
    for _ in 0..28 {
        encoder.write_all(&zeros).unwrap();
    }
    let said = refused(&encoder.finish().unwrap());
    assert!(said.contains("more than 1024 MiB"), "{said}");
    // Many files with the names of answers.
    let half = vec![b'x'; 1024 * 1024];
    let names: Vec<String> = (0..40).map(|number| format!("{number}.rs")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|it| (it.as_str(), &half[..])).collect();
    for form in FORMS {
        let said = refused(&bytes(&entries, form));
        assert!(said.contains("more than 32 MiB"), "{form:?}: {said}");
    }
}

#[test]
fn what_is_damaged_or_of_another_form_is_said() {
    for form in FORMS {
        let whole = bytes(&[("a.rs", &[b'x'; 2000])], form);
        let said = refused(&whole[..whole.len() / 3]);
        assert!(said.contains("damaged"), "{form:?}: {said}");
    }
    let mut changed = bytes(&[("a.rs", b"some text")], Form::Zip);
    changed[38] ^= 0xff;
    let said = refused(&changed);
    assert!(said.contains("damaged"), "{said}");
    for (head, word) in [
        (&b"\xfd7zXZ\0"[..], "xz"),
        (b"BZh9", "bzip2"),
        (b"7z\xbc\xaf", "7z"),
        (b"Rar!", "rar"),
        (b"hello", "no zip or tar"),
        (b"", "no zip or tar"),
    ] {
        let said = refused(head);
        assert!(said.contains(word) && said.contains("pack"), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let said = read(&folder.path().join("nothing"), &|_| true).unwrap_err();
    assert!(matches!(said, ArchiveError::Machine(_)), "{said}");
}
