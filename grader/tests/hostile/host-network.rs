//! Connects to a server on the host.

use demo::gained;

fn main() {
    gained(std::net::TcpStream::connect("127.0.0.1:@PORT@").is_ok());
}
