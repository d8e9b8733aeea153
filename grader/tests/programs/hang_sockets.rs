//! Hangs in sockets, each in one way; with `near` as a second argument it only looks so, and ends.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd as _, FromRawFd as _};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::exit;
use std::thread;
use std::time::Duration;

/// Longer than it takes to see two looks at which nobody moved.
const NAP: Duration = Duration::from_millis(300);

/// Longer than the patience with timeouts that nobody can see.
const LONG_NAP: Duration = Duration::from_millis(2300);

/// How often something is asked over a connection.
const ROUNDS: usize = 30;

const AF_UNIX: i32 = 1;
const SOCK_SEQPACKET: i32 = 5;

unsafe extern "C" {
    fn fork() -> i32;
    fn listen(socket: i32, backlog: i32) -> i32;
    fn socketpair(domain: i32, kind: i32, protocol: i32, ends: *mut [i32; 2]) -> i32;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let near = args.get(1).is_some_and(|it| it == "near");
    match args[0].as_str() {
        "pair" => {
            let (one, other) = UnixStream::pair().unwrap();
            talk(one, other, near);
        }
        "packets" => {
            let mut ends = [0; 2];
            // SAFETY: `ends` has room for two; the descriptors are new.
            let [one, other] = unsafe {
                assert_eq!(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, &raw mut ends), 0);
                ends.map(|end| UnixStream::from_raw_fd(end))
            };
            talk(one, other, near);
        }
        // The timeout is seen where it is set.
        "timeout" | "long-timeout" => {
            let (mut one, _other) = UnixStream::pair().unwrap();
            if near {
                let time = if args[0] == "timeout" { NAP } else { LONG_NAP };
                one.set_read_timeout(Some(time)).unwrap();
            }
            one.read(&mut [0]).unwrap_err();
        }
        "full" => {
            let (mut one, other) = UnixStream::pair().unwrap();
            let child = start(|| {
                let mut big = vec![b'x'; 1 << 20];
                if near {
                    thread::sleep(NAP);
                    (&other).read_exact(&mut big).unwrap();
                }
                (&other).write_all(&big).unwrap();
            });
            one.write_all(&vec![b'x'; 1 << 20]).unwrap();
            if near {
                one.read_exact(&mut vec![0; 1 << 20]).unwrap();
            }
            reap(child);
        }
        "tcp-accept" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    drop(TcpStream::connect(address).unwrap());
                } else {
                    let (mut never, _other) = UnixStream::pair().unwrap();
                    let _ = never.read(&mut [0]);
                }
            });
            drop(listener.accept().unwrap());
            reap(child);
        }
        // The connection is made by the kernel; nobody accepts it.
        "tcp-unaccepted" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let child = start(|| {
                let mut stream = TcpStream::connect(address).unwrap();
                let _ = stream.read(&mut [0]);
            });
            if near {
                thread::sleep(NAP);
                drop(listener.accept().unwrap());
            }
            reap(child);
        }
        "tcp" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let child = start(|| {
                let mut stream = TcpStream::connect(address).unwrap();
                if near {
                    thread::sleep(NAP);
                    stream.write_all(b"!").unwrap();
                }
                let _ = stream.read(&mut [0]);
            });
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0]).unwrap();
            drop(stream);
            reap(child);
        }
        // The kernel keeps the second byte back until the first one is confirmed, which takes a while when nobody runs.
        "tcp-late" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let count = if near { 2 } else { 3 };
            let child = start(|| {
                let (mut stream, _) = listener.accept().unwrap();
                for _ in 0..ROUNDS {
                    stream.read_exact(&mut vec![0; count]).unwrap();
                    stream.write_all(b"!").unwrap();
                }
            });
            let mut stream = TcpStream::connect(address).unwrap();
            for _ in 0..ROUNDS {
                stream.write_all(b"?").unwrap();
                stream.write_all(b"?").unwrap();
                stream.read_exact(&mut [0]).unwrap();
            }
            reap(child);
        }
        "tcp-full" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let mut big = vec![b'x'; 16 << 20];
            let child = start(|| {
                let mut stream = TcpStream::connect(address).unwrap();
                if near {
                    thread::sleep(NAP);
                    stream.read_exact(&mut vec![0; 16 << 20]).unwrap();
                }
                stream.write_all(&vec![b'x'; 16 << 20]).unwrap();
            });
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(&big).unwrap();
            stream.read_exact(&mut big).unwrap();
            reap(child);
        }
        // The queue is full when the last one wants to connect. The kernel tries again a second later, when there is room and
        // everybody sleeps.
        "tcp-connect" => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap();
            // SAFETY: the descriptor is open.
            assert_eq!(unsafe { listen(listener.as_raw_fd(), 0) }, 0);
            let child = start(|| {
                let _first = TcpStream::connect(address).unwrap();
                let _second = TcpStream::connect(address).unwrap();
            });
            thread::sleep(NAP);
            let _first = listener.accept().unwrap();
            let _second = listener.accept().unwrap();
            reap(child);
        }
        // A queue of one connection is full with two.
        "connect" => {
            let listener = UnixListener::bind("entrance").unwrap();
            // SAFETY: the descriptor is open.
            assert_eq!(unsafe { listen(listener.as_raw_fd(), 0) }, 0);
            let child = start(|| {
                let _first = UnixStream::connect("entrance").unwrap();
                let _second = UnixStream::connect("entrance").unwrap();
            });
            if near {
                thread::sleep(NAP);
                let _first = listener.accept().unwrap();
                let _second = listener.accept().unwrap();
                reap(child);
            } else {
                reap(child);
            }
            std::fs::remove_file("entrance").unwrap();
        }
        "datagram" => {
            let (one, other) = (UnixDatagram::bind("box").unwrap(), UnixDatagram::unbound());
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    other.unwrap().send_to(b"!", "box").unwrap();
                }
            });
            let _ = one.recv(&mut [0]).unwrap();
            reap(child);
            std::fs::remove_file("box").unwrap();
        }
        // The end of a pair is no message, and nobody sends another one.
        "datagram-pair" => {
            let (one, other) = UnixDatagram::pair().unwrap();
            let other = Some(other).filter(|_| near);
            let child = start(|| {
                if let Some(other) = &other {
                    thread::sleep(NAP);
                    other.send(b"!").unwrap();
                }
            });
            drop(other);
            let _ = one.recv(&mut [0]).unwrap();
            reap(child);
        }
        "udp" => {
            let one = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = one.local_addr().unwrap();
            let child = start(|| {
                if near {
                    thread::sleep(NAP);
                    let other = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                    other.send_to(b"!", address).unwrap();
                }
            });
            let _ = one.recv(&mut [0]).unwrap();
            reap(child);
        }
        other => panic!("{other}"),
    }
    println!("done");
}

/// Both read first; or the child writes, after a while.
fn talk(one: UnixStream, other: UnixStream, near: bool) {
    let child = start(|| {
        if near {
            thread::sleep(NAP);
            (&other).write_all(b"!").unwrap();
        }
        (&other).read_exact(&mut [0]).unwrap();
    });
    drop(other);
    (&one).read_exact(&mut [0]).unwrap();
    (&one).write_all(b"!").unwrap();
    reap(child);
}

fn start(child: impl FnOnce()) -> i32 {
    // SAFETY: one thread, so the child may do what it likes.
    let pid = unsafe { fork() };
    if pid == 0 {
        child();
        exit(0);
    }
    pid
}

fn reap(pid: i32) {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int.
    unsafe { waitpid(pid, &raw mut status, 0) };
}
