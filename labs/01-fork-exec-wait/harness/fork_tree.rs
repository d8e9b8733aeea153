//! Driver of `fork-tree`: has a tree of processes built, and counts it.
//!
//! Usage: `fork-tree [DEPTH WIDTH]` (default 2 2). Every node above depth DEPTH has WIDTH children; the root has depth 0.
//!
//! The count is kept in memory that all processes of the tree share, by a handler that the C library
//! runs in each new child. A child that is one too many says so and ends at once: a fork storm stops here.

use std::io;
use std::mem::size_of;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::unistd::{getpid, getppid};

use crate::program::{Program, print_line, say};

/// The largest tree: enough to see the growth, far below what a machine can bear.
const MAX_NODES: usize = 500;

/// Exit code of a process that the tree has no place for.
const ONE_TOO_MANY: i32 = 71;

/// What all processes of the tree share.
struct Census {
    /// Children made by fork, anywhere in the tree.
    forks: AtomicU32,
    nodes: [Entry; MAX_NODES],
}

/// Who announced a node, and whose child that process is; 0 where nobody has.
struct Entry {
    pid: AtomicI32,
    parent: AtomicI32,
}

/// The shared census and the number of forks that the tree has room for.
static CENSUS: OnceLock<(&'static Census, u32)> = OnceLock::new();

/// A place in the tree.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its place in a level-by-level count of the tree.
    index: usize,
    name: String,
    depth: u32,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
struct Shape {
    depth: u32,
    width: usize,
}

impl Node {
    /// The places below this one: as many as the tree is wide, none at its lowest level.
    #[must_use]
    pub fn children(&self) -> Vec<Node> {
        if self.depth == self.shape.depth {
            return Vec::new();
        }
        (0..self.shape.width)
            .map(|child| Node {
                index: self.index * self.shape.width + child + 1,
                name: format!("{}.{child}", self.name),
                depth: self.depth + 1,
                shape: self.shape,
            })
            .collect()
    }

    /// Says that the calling process has this place in the tree. Each process calls it once.
    pub fn announce(&self) {
        say(&format!("node {} at depth {}", self.name, self.depth));
        if let Some(entry) = entry(self.index) {
            entry.parent.store(getppid().as_raw(), Ordering::Relaxed);
            entry.pid.store(getpid().as_raw(), Ordering::Relaxed);
        }
    }

    /// This place and all places below it.
    fn subtree(&self) -> Vec<Node> {
        let mut all = vec![self.clone()];
        all.extend(self.children().iter().flat_map(Node::subtree));
        all
    }
}

fn entry(index: usize) -> Option<&'static Entry> {
    CENSUS.get().and_then(|(census, _)| census.nodes.get(index))
}

/// What the student writes first: how many processes a tree has, the root included.
pub type Predict = fn(depth: u32, width: u32) -> u64;

/// What the student writes then: make a process for each place below `node`, which is the calling process's own.
pub type Build = fn(node: &Node) -> io::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(predict: Predict, build: Build) -> ExitCode {
    let program = Program::begin();
    let (depth, width, nodes) = match parse() {
        Ok(shape) => shape,
        Err(error) => {
            eprintln!("usage: fork-tree [DEPTH WIDTH]: {error}");
            return ExitCode::from(2);
        }
    };
    let census = match take_census(nodes - 1) {
        Ok(census) => census,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            return ExitCode::from(2);
        }
    };
    let root = Node {
        index: 0,
        name: "0".into(),
        depth: 0,
        shape: Shape {
            depth,
            width: width as usize,
        },
    };
    print_line(&format!("the root is [pid {}]", getpid()));
    print_line(&format!("processes predicted: {}", predict(depth, width)));
    root.announce();

    let built = build(&root);

    program.end("build", built, |()| {
        let forks = census.forks.load(Ordering::Relaxed);
        if forks == 0 && nodes > 1 {
            print_line("no process was made");
        }
        print_line(&format!("processes built: {}", forks + 1));
        check_places(&root);
    })
}

/// Says which nodes have no process of their own, or one that hangs at the wrong place.
fn check_places(root: &Node) {
    for node in root.subtree() {
        for child in node.children() {
            let (Some(above), Some(entry)) = (entry(node.index), entry(child.index)) else {
                continue;
            };
            let pid = entry.pid.load(Ordering::Relaxed);
            let above = above.pid.load(Ordering::Relaxed);
            if pid == 0 {
                print_line(&format!("node {} was not announced", child.name));
            } else if pid == above {
                print_line(&format!("node {} has no process of its own", child.name));
            } else if entry.parent.load(Ordering::Relaxed) != above {
                let (name, above) = (&child.name, &node.name);
                print_line(&format!(
                    "the process of node {name} is not a child of that of node {above}"
                ));
            }
        }
    }
}

/// Makes the shared memory, and has each new child counted from now on.
fn take_census(room: u32) -> nix::Result<&'static Census> {
    let size = const { NonZeroUsize::new(size_of::<Census>()).expect("a census has fields") };
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
    let memory = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping has the size of a `Census`, is page-aligned, never unmapped, and filled with
    // zeros, which is a valid value of every field. Processes only share it through atomics.
    let census: &'static Census = unsafe { memory.cast().as_ref() };
    let _ = CENSUS.set((census, room));
    // SAFETY: the handler stays valid as long as the program runs, and it runs in a child of a process
    // with one thread, where ordinary code may run.
    let code = unsafe { nix::libc::pthread_atfork(None, None, Some(count_this_child)) };
    if code == 0 {
        Ok(census)
    } else {
        Err(Errno::from_raw(code))
    }
}

/// Runs in each new child before fork(2) returns there.
extern "C" fn count_this_child() {
    let Some((census, room)) = CENSUS.get() else {
        return;
    };
    if census.forks.fetch_add(1, Ordering::Relaxed) >= *room {
        say("one process too many: the tree has no place for it");
        // SAFETY: `_exit` ends this process without running anything else of it.
        unsafe { nix::libc::_exit(ONE_TOO_MANY) }
    }
}

/// Depth, width and the number of nodes.
fn parse() -> Result<(u32, u32, u32), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (depth, width) = match arguments.as_slice() {
        [] => (2, 2),
        [depth, width] => (number(depth)?, number(width)?),
        _ => return Err("two numbers or none".into()),
    };
    if width == 0 {
        return Err("a tree is at least 1 wide".into());
    }
    let mut nodes: u32 = 1;
    let mut level: u32 = 1;
    for _ in 0..depth {
        level = level.saturating_mul(width);
        nodes = nodes.saturating_add(level);
        if nodes as usize > MAX_NODES {
            return Err(format!(
                "the tree would have more than {MAX_NODES} processes"
            ));
        }
    }
    Ok((depth, width, nodes))
}

fn number(text: &str) -> Result<u32, String> {
    text.parse()
        .map_err(|error| format!("`{text}` is not a number ({error})"))
}
