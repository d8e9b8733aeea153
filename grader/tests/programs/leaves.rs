//! Leaves objects behind, or removes them.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

unsafe extern "C" {
    fn mkfifo(path: *const std::ffi::c_char, mode: u32) -> i32;
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "fifo" => make_fifo("left"),
        "fifo-removed" => {
            make_fifo("left");
            fs::remove_file("left").unwrap();
        }
        // For as long as somebody else needs to leave something.
        "nothing" => {
            fs::write("started", "").unwrap();
            while Path::new("started").exists() {
                sleep(Duration::from_millis(5));
            }
        }
        "socket" => drop(UnixListener::bind("left").unwrap()),
        "file" => fs::write("left", "a file is no object between processes").unwrap(),
        // A folder that nobody may enter, not even its owner.
        "shut" => {
            fs::create_dir("shut").unwrap();
            make_fifo("shut/left");
            fs::set_permissions("shut", Permissions::from_mode(0)).unwrap();
        }
        "memory" => drop(memory(args[2].as_bytes())),
        "memory-removed" => {
            drop(memory(args[2].as_bytes()));
            fs::remove_file(Path::new("/dev/shm").join(&args[2])).unwrap();
        }
        // As `sem_open(3)` makes a semaphore: it is opened under another name than the one it keeps.
        "memory-linked" => {
            drop(memory(b"forklings-for-a-moment"));
            let old = Path::new("/dev/shm/forklings-for-a-moment");
            fs::hard_link(old, Path::new("/dev/shm").join(&args[2])).unwrap();
            fs::remove_file(old).unwrap();
        }
        // A name need not be text.
        "memory-odd" => drop(memory(&[args[2].as_bytes(), b"\xff"].concat())),
        other => panic!("{other}"),
    }
}

/// What `shm_open(3)` does with a name.
fn memory(name: &[u8]) -> File {
    let name: OsString = OsString::from_vec(name.to_vec());
    File::create_new(Path::new("/dev/shm").join(name)).unwrap()
}

fn make_fifo(path: &str) {
    let path = CString::new(OsStr::new(path).as_bytes()).unwrap();
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { mkfifo(path.as_ptr(), 0o600) }, 0);
}
