//! Emulators of AWS's API, started on a free port of the loopback and stopped when dropped.
//!
//! They are installed by `tests/emulators/install` into `.emulators/` of the repository.
#![expect(clippy::disallowed_methods, reason = "this is where tests start other programs")]

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Which emulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// moto: the stronger one for networks and computing.
    Moto,
    /// ministack: the stronger one for databases and everything at the edge.
    Ministack,
}

impl Kind {
    /// The name, as in the cases' lists of gaps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }
}

/// A running emulator.
pub struct Emulator {
    process: Child,
    address: SocketAddr,
}

impl Emulator {
    /// Starts one, from the repository's folder of emulators.
    ///
    /// # Errors
    /// It is not installed, or does not begin to answer; the message says what to do.
    pub fn start(kind: Kind, repository: &Path) -> Result<Self, String> {
        let (program, script) = match kind {
            Kind::Moto => ("moto_server", "tests/emulators/start_moto.py"),
            Kind::Ministack => ("ministack", "tests/emulators/start_ministack.py"),
        };
        if !installed(repository).join(program).is_file() {
            return Err(format!("{} is not installed: run tests/emulators/install", kind.name()));
        }
        // The script starts the emulator's own program, with answers nearer to the cloud's.
        let python = installed(repository).join("python");
        // Another program may take the port before the emulator does; then the next one is tried.
        for _ in 0..5 {
            let address = free_address()?;
            let mut command = Command::new(&python);
            command.arg(repository.join(script));
            match kind {
                Kind::Moto => {
                    command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
                    // Seconds until a certificate is issued.
                    command.env("MOTO_ACM_VALIDATION_WAIT", "1");
                }
                Kind::Ministack => {
                    command.env("GATEWAY_PORT", address.port().to_string());
                    command.env("BIND_HOST", "127.0.0.1").env("LOG_LEVEL", "WARNING");
                }
            }
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let process = command.spawn().map_err(|error| format!("{}: {error}", python.display()))?;
            let mut emulator = Self { process, address };
            if emulator.answers() {
                return Ok(emulator);
            }
        }
        Err(format!("{} does not answer", kind.name()))
    }

    /// The address its API is reached at, for `AWS_ENDPOINT_URL`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn answers(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
            if TcpStream::connect_timeout(&self.address, Duration::from_millis(200)).is_ok() {
                return true;
            }
            if !matches!(self.process.try_wait(), Ok(None)) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn installed(repository: &Path) -> PathBuf {
    repository.join(".emulators").join("bin")
}

fn free_address() -> Result<SocketAddr, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map_err(|error| error.to_string())
}
