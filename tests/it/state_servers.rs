//! Real stores for states, each started by the test that needs it: moto for S3, Azurite, PostgreSQL.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cairn_conformance::emulator::{Emulator, Kind};

use crate::project::{Project, repository};

/// A store that runs.
pub enum Server {
    Moto(Emulator),
    Azurite { process: Child, port: u16, _directory: tempfile::TempDir },
    Postgres { process: Child, port: u16, _directory: tempfile::TempDir },
}

/// The well-known key of Azurite's account.
const AZURITE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A user without rights: PostgreSQL refuses to run as root.
const NOBODY: &str = "65534";

impl Server {
    pub fn moto() -> Self {
        let moto = Emulator::start(Kind::Moto, repository()).unwrap();
        let host = moto.url().trim_start_matches("http://").to_owned();
        let mut stream = TcpStream::connect(&host).unwrap();
        write!(
            stream,
            "PUT /states HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Self::Moto(moto)
    }

    pub fn azurite() -> Self {
        let installed = repository().join(".emulators");
        let program = installed.join("azurite/node_modules/.bin/azurite-blob");
        assert!(program.is_file(), "Azurite is not installed: run tests/emulators/install");
        let directory = tempfile::tempdir().unwrap();
        let port = free_port();
        let process = Command::new(program)
            .args(["--disableTelemetry", "--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1"])
            .args(["--blobPort", &port.to_string(), "--location"])
            .arg(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(port);
        let endpoint = format!("http://127.0.0.1:{port}/devstoreaccount1");
        let made = Command::new(installed.join("bin/python"))
            .arg(repository().join("tests/emulators/create_container.py"))
            .args([&endpoint, "states"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::Azurite { process, port, _directory: directory }
    }

    pub fn postgres() -> Self {
        let programs = postgres_programs();
        let directory = tempfile::tempdir().unwrap();
        // The user without rights has to reach it.
        let data = directory.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
        if root {
            let changed = Command::new("chown").args(["-R", NOBODY]).arg(directory.path()).status().unwrap();
            assert!(changed.success());
        }
        let plain = |program: &str| {
            let program = programs.join(program);
            let mut command = if root {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]).arg(program);
                command
            } else {
                Command::new(program)
            };
            command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
            command
        };
        let made = plain("initdb")
            .args(["--username=cairn", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = free_port();
        let process = plain("postgres")
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off", "-c", "max_connections=60"])
            .args(["-c", "unix_socket_directories=", "-D"])
            .arg(&data)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(port);
        Self::Postgres { process, port, _directory: directory }
    }

    /// What the header of a stack says.
    pub fn header(&self, key: &str) -> String {
        match self {
            Self::Moto(moto) => format!(
                "S3State {{ bucket: \"states\", region: \"us-east-1\", key: \"{key}\", endpoint: \"{}\" }}",
                moto.url()
            ),
            Self::Azurite { port, .. } => format!(
                "AzureBlobState {{ account: \"devstoreaccount1\", container: \"states\", key: \"{key}\", \
                 endpoint: \"http://127.0.0.1:{port}/devstoreaccount1\" }}"
            ),
            Self::Postgres { .. } => {
                format!("PostgresState {{ url: secret(\"env:CAIRN_STATE_URL\"), key: \"{key}\" }}")
            }
        }
    }

    /// A project that can reach it.
    pub fn reached_by(&self, project: Project) -> Project {
        match self {
            Self::Moto(_) => project.variable("AWS_ACCESS_KEY_ID", "test").variable("AWS_SECRET_ACCESS_KEY", "test"),
            Self::Azurite { .. } => project.variable("AZURE_STORAGE_ACCOUNT_KEY", AZURITE_KEY),
            Self::Postgres { port, .. } => {
                project.variable("CAIRN_STATE_URL", &format!("postgresql://cairn@127.0.0.1:{port}/postgres"))
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self {
            Self::Moto(_) => {}
            Self::Azurite { process, .. } => {
                let _ = process.kill();
                let _ = process.wait();
            }
            Self::Postgres { process, .. } => {
                // SIGQUIT: its own processes end with it.
                let _ = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
                let _ = process.wait();
            }
        }
    }
}

fn postgres_programs() -> PathBuf {
    let places = [Path::new("/").to_path_buf(), repository().join(".emulators/postgresql")];
    let mut found: Vec<PathBuf> = places
        .iter()
        .filter_map(|place| std::fs::read_dir(place.join("usr/lib/postgresql")).ok())
        .flatten()
        .map(|version| version.unwrap().path().join("bin"))
        .filter(|programs| programs.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL is not installed: run tests/emulators/install")
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait_for(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing answers at port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
