//! Connects to a socket of the host that has no file.

use demo::gained;

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixStream};

fn main() {
    let address = SocketAddr::from_abstract_name("@SOCKET@").unwrap();
    gained(UnixStream::connect_addr(&address).is_ok());
}
