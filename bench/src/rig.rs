//! Servers, as processes, and what the system says of them.

use crate::load::Client;
use crate::operation::Subject;
use crate::sigv4::Credential;
use std::ffi::OsString;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Clock ticks a second in /proc, on every Linux of today: `getconf CLK_TCK`.
const TICKS_PER_SECOND: f64 = 100.0;
const START_SECONDS_MAX: u64 = 20;
/// A server that used less than this in a quarter of a second has ended its upkeep.
const IDLE_TICKS: f64 = 1.0;
const SETTLE_SECONDS_MAX: u64 = 120;

/// A program and its arguments.
type Line = Vec<OsString>;

/// A server of this run. It ends with its value.
pub struct Server {
    child: Child,
    /// How it was started.
    line: Line,
    log: PathBuf,
    pub name: &'static str,
    pub client: Client,
}

impl Server {
    /// The house, with a new data directory and default settings.
    pub fn house(binary: &Path, folder: &Path) -> Self {
        let (address, file) = (free_address(), folder.join("credentials"));
        let line: Line = vec![
            binary.into(),
            "serve".into(),
            "--listen".into(),
            address.to_string().into(),
            "--data-dir".into(),
            folder.join("data").into(),
            "--credentials-file".into(),
            file.clone().into(),
            "--root-key-file".into(),
            folder.join("root.key").into(),
        ];
        let log = folder.join("house.log");
        let child = start(&line, &log, address);
        // It listens before it is founded.
        wait_until("the house has written credentials", || file.exists());
        let client = Client { server: address, credential: Rc::new(credential(&file)) };
        Self { child, line, log, name: "house", client }
    }

    /// Ends the house in order and starts it again; the seconds from `exec` until it has opened a ciphertext.
    pub fn again(&mut self, subject: &Subject) -> f64 {
        let ended = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(ended.is_ok_and(|status| status.success()) && self.child.wait().unwrap().success(), "it did not end");
        let begin = Instant::now();
        self.child = spawn(&self.line, &self.log);
        while !self.client.opens(subject) {
            assert!(begin.elapsed() < Duration::from_secs(START_SECONDS_MAX), "it does not listen");
            std::thread::sleep(Duration::from_millis(1));
        }
        begin.elapsed().as_secs_f64()
    }

    /// Floor (b); with a file for its records, they are durable.
    pub fn floor(name: &'static str, folder: &Path, records: Option<&str>) -> Self {
        let address = free_address();
        let credential =
            Credential::new("AKIAEXAMPLEEXAMPLE00".into(), "a secret of the floor, forty letters long".into());
        let mut line: Line = vec![
            std::env::current_exe().unwrap().into(),
            "floor".into(),
            "--listen".into(),
            address.to_string().into(),
            "--access-key-id".into(),
            credential.access_key_id.clone().into(),
            "--secret".into(),
            credential.secret().into(),
        ];
        if let Some(records) = records {
            line.extend(["--log".into(), folder.join(records).into()]);
        }
        let log = folder.join(format!("{name}.log"));
        let child = start(&line, &log, address);
        Self { child, line, log, name, client: Client { server: address, credential: Rc::new(credential) } }
    }

    /// Seconds of processor time so far, in user and system mode.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name stands in brackets and may have blanks; behind it, user and system time are the 12th and 13th field.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap();
        (ticks(11) + ticks(12)) / TICKS_PER_SECOND
    }

    /// MiB in memory.
    pub fn memory_mib(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap() / 1024.0
    }

    /// Waits until the server has done what it does behind its answers.
    pub fn settle(&self) {
        let begin = Instant::now();
        let mut quiet = 0;
        while quiet < 5 {
            let before = self.cpu_seconds();
            std::thread::sleep(Duration::from_millis(250));
            let used = (self.cpu_seconds() - before) * TICKS_PER_SECOND;
            quiet = if used <= IDLE_TICKS { quiet + 1 } else { 0 };
            assert!(begin.elapsed() < Duration::from_secs(SETTLE_SECONDS_MAX), "{} does not come to rest", self.name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the run has failed then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first key pair of a credentials file of the AWS CLI.
pub fn credential(file: &Path) -> Credential {
    let text = fs::read_to_string(file).unwrap();
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(key, _)| key.trim() == name)
            .unwrap()
            .1
            .trim()
            .to_owned()
    };
    Credential::new(value("aws_access_key_id"), value("aws_secret_access_key"))
}

/// Makes so many keys where [`Server::house`] will look for its data; their ARNs.
pub fn fill(program: &Path, folder: &Path, keys: usize) -> Vec<String> {
    let list = folder.join("keys");
    let mut command = Command::new(program);
    command.arg(keys.to_string()).arg("--list").arg(&list);
    command.arg("--data-dir").arg(folder.join("data"));
    command.arg("--credentials-file").arg(folder.join("credentials"));
    command.arg("--root-key-file").arg(folder.join("root.key"));
    assert!(command.status().unwrap().success(), "the house is not filled");
    fs::read_to_string(list).unwrap().lines().map(str::to_owned).collect()
}

/// An empty folder for the servers' files, in `target`, which is on a disk and not in memory.
pub fn folder() -> PathBuf {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/bench"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn start(line: &Line, log: &Path, address: SocketAddr) -> Child {
    let child = spawn(line, log);
    wait_until("the server listens", || TcpStream::connect(address).is_ok());
    child
}

fn spawn(line: &Line, log: &Path) -> Child {
    let log = fs::File::options().create(true).append(true).open(log).unwrap();
    let (binary, arguments) = line.split_first().unwrap();
    let mut command = Command::new(binary);
    command.args(arguments).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap()
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(START_SECONDS_MAX), "it did not come to pass that {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
