//! The application behind the servers. It knows how to answer a connection, and nothing of processes.
//!
//! | request | reply |
//! | --- | --- |
//! | `GET /` | `hello from process N` |
//! | `POST /upload` | how many bytes were received, and by which process |
//! | `GET /health` | 200 `ok`, or 503 `draining` once the server has said that it wants to leave |
//! | `GET /crash` | none: the process that answers is killed, as a fault of a program's own might kill it |

use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{Signal, kill};
use nix::unistd::getpid;

use crate::http::{NoRequest, Request, refuse, reply};
use crate::patient::Patient;
use crate::shared::{Shareable, place};
use crate::wire::Sender;

/// How long a server waits for the first bytes of a request that it does not want to answer.
const MOMENT: Duration = Duration::from_millis(100);

/// How long a server that is run by hand waits for a client that says nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The first word of a report: this process has read the head of a request.
pub(crate) const BEGUN: u32 = 1;

/// The first word of another one: the server has said that it leaves the rotation.
pub(crate) const LEAVING: u32 = 2;

/// The application.
#[derive(Debug)]
pub struct App {
    /// Where the driver is told what is going on.
    reports: Option<Sender>,
    /// How long a client may be silent; without a driver there are clients of all kinds.
    patience: Option<Duration>,
    rotation: Rotation,
}

impl App {
    pub(crate) fn new(reports: Option<Sender>) -> nix::Result<Self> {
        let patience = reports.is_none().then_some(PATIENCE);
        Ok(Self {
            reports,
            patience,
            rotation: Rotation::new()?,
        })
    }

    /// Reads a request from the connection, answers it in the calling process, and closes the connection. It takes as long as the
    /// client takes.
    ///
    /// # Errors
    /// When the client goes away before it has its reply. Nothing is wrong with the server then.
    pub fn answer(&self, connection: TcpStream) -> io::Result<()> {
        let connection = Patient::new(connection, self.patience);
        let mut request = match Request::read(&connection) {
            Ok(request) => request,
            Err(NoRequest::Gone(error)) => return Err(error),
            Err(NoRequest::Refused(status)) => return refuse(&connection, status),
        };
        let method = request.method.clone();
        self.report(BEGUN, number(&request.path));
        let route = request
            .path
            .split(['/', '?'])
            .nth(1)
            .unwrap_or_default()
            .to_owned();
        let process = getpid();
        let (status, body) = match (method.as_str(), route.as_str()) {
            ("GET" | "HEAD", "") => ("200 OK", format!("hello from process {process}\n")),
            ("POST", "upload") => {
                let length = request.read_body()?;
                (
                    "200 OK",
                    format!("{length} bytes received by process {process}\n"),
                )
            }
            ("GET" | "HEAD", "health") => return self.tell_health(&connection, &method),
            ("GET", "crash") => {
                // Nothing of this process is executed any more.
                kill(process, Signal::SIGKILL)?;
                return Ok(());
            }
            ("GET" | "HEAD" | "POST", _) => return refuse(&connection, "404 Not Found"),
            _ => return refuse(&connection, "405 Method Not Allowed"),
        };
        reply(&connection, &method, status, &body)
    }

    /// Answers with 503, without doing what the client wants, and closes the connection. It takes a moment at most, so it can be
    /// called where nobody else could be served meanwhile.
    ///
    /// # Errors
    /// When the client has gone.
    pub fn turn_away(&self, connection: TcpStream) -> io::Result<()> {
        let connection = Patient::new(connection, Some(MOMENT));
        // What arrives after the close resets the connection. A request that is here already has been read then.
        let _ = (&connection).read(&mut [0; 4096]);
        reply(&connection, "", "503 Service Unavailable", "busy\n")
    }

    /// From now on the health check answers with 503, in all processes of the server: whoever balances load over several servers
    /// asks it from time to time, and sends no more clients to one that answers so.
    pub fn leave_rotation(&self) {
        self.rotation.leave();
        self.report(LEAVING, 0);
    }

    /// Whether a health check has been answered with 503, by whatever process of the server. From then on nobody connects any more.
    #[must_use]
    pub fn is_out_of_rotation(&self) -> bool {
        self.rotation.is_out()
    }

    /// A descriptor that is readable as soon as the server is out of rotation, and stays so. It is there to be polled, not to be read.
    #[must_use]
    pub fn out_of_rotation(&self) -> BorrowedFd<'_> {
        self.rotation.out.as_fd()
    }

    fn tell_health(&self, connection: &Patient, method: &str) -> io::Result<()> {
        if !self.rotation.is_leaving() {
            return reply(connection, method, "200 OK", "ok\n");
        }
        reply(connection, method, "503 Service Unavailable", "draining\n")?;
        Ok(self.rotation.note_that_it_is_out()?)
    }

    pub(crate) fn report(&self, what: u32, number: u32) {
        if let Some(reports) = &self.reports {
            reports.send([what, number]);
        }
    }
}

/// What the server's processes know in common about the balancer.
#[derive(Debug)]
struct Rotation {
    states: &'static States,
    /// Counts the health checks that were answered with 503.
    out: EventFd,
}

/// The part that is in shared memory.
#[derive(Debug, Default)]
struct States {
    is_leaving: AtomicBool,
    is_out: AtomicBool,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for States {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

impl Rotation {
    fn new() -> nix::Result<Self> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Self {
            states: place(States::default())?,
            out: EventFd::from_flags(flags)?,
        })
    }

    fn leave(&self) {
        self.states.is_leaving.store(true, Ordering::Release);
    }

    fn is_leaving(&self) -> bool {
        self.states.is_leaving.load(Ordering::Acquire)
    }

    fn is_out(&self) -> bool {
        self.states.is_out.load(Ordering::Acquire)
    }

    fn note_that_it_is_out(&self) -> nix::Result<()> {
        self.states.is_out.store(true, Ordering::Release);
        self.out.write(1).map(drop)
    }
}

/// The number at the end of a path: the driver's clients have one each.
fn number(path: &str) -> u32 {
    let last = path.rsplit('/').next();
    last.and_then(|number| number.parse().ok()).unwrap_or(0)
}
