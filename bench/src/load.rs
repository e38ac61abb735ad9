//! The generator: one thread, so many connections, each with one request on its way; every request really signed, every status looked at,
//! and some answers for what they say.

use crate::clock::now;
use crate::operation::{Operation, Subject};
use crate::sigv4::{self, Credential, REGION, SIGNED_HEADERS};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
/// Of one answer, head and body.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// One answer in so many is parsed and looked at.
const LOOKED_AT_ONE_IN: u64 = 500;

/// Load upon a server that runs already.
#[derive(clap::Args)]
pub struct Options {
    #[arg(long)]
    server: SocketAddr,
    /// A credentials file of the AWS CLI.
    #[arg(long)]
    credentials: std::path::PathBuf,
    #[arg(long, value_enum, default_value = "Decrypt")]
    operation: Operation,
    #[arg(long, default_value_t = 128)]
    connections: usize,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// Whom to call, and as whom.
#[derive(Clone)]
pub struct Client {
    pub server: SocketAddr,
    pub credential: Rc<Credential>,
}

/// What a run has seen.
#[derive(Default)]
pub struct Seen {
    /// Microseconds of each answer, in order of size.
    pub latencies: Vec<u32>,
    pub seconds: f64,
}

impl Seen {
    pub fn requests(&self) -> f64 {
        self.latencies.len() as f64
    }

    /// Milliseconds within which `share` of all answers came.
    pub fn quantile(&self, share: f64) -> f64 {
        let place = (self.requests() * share) as usize;
        self.latencies.get(place).or(self.latencies.last()).map_or(0.0, |micros| f64::from(*micros) / 1e3)
    }
}

pub fn run(options: &Options) {
    let client = Client { server: options.server, credential: Rc::new(crate::rig::credential(&options.credentials)) };
    let subject = client.subject();
    let seen = client.load(options.operation, &subject, options.connections, Duration::from_secs_f64(options.seconds));
    println!("{:.0}/s p50 {:.2} p99 {:.2} ms", seen.requests() / seen.seconds, seen.quantile(0.5), seen.quantile(0.99));
}

impl Client {
    /// A new key, and a ciphertext under it that has been decrypted once. A false signature must be refused.
    pub fn subject(&self) -> Subject {
        on_one_thread(async {
            let mut line = Connection::open(self).await;
            let key = line.key().await;
            let subject = line.encrypted(key).await;
            line.checked(Operation::Decrypt, &subject, 0).await;
            let stranger = Credential::new(self.credential.access_key_id.clone(), "not the secret".into());
            let mut strange = Connection::open(&Self { credential: Rc::new(stranger), ..self.clone() }).await;
            let status = strange.ask(Operation::Decrypt, &subject, 0).await;
            assert!((400..500).contains(&status), "a false signature was answered with {status}");
            subject
        })
    }

    /// The ARNs of so many new keys.
    pub fn keys(&self, count: usize, connections: usize) -> Vec<String> {
        on_one_thread(async {
            let made = Rc::new(RefCell::new(Vec::with_capacity(count)));
            let left = Rc::new(Cell::new(count));
            let tasks: Vec<_> = (0..connections)
                .map(|_| tokio::task::spawn_local(self.clone().make(Rc::clone(&left), Rc::clone(&made))))
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            made.take()
        })
    }

    async fn make(self, left: Rc<Cell<usize>>, made: Rc<RefCell<Vec<String>>>) {
        let mut line = Connection::open(&self).await;
        while let Some(fewer) = left.get().checked_sub(1) {
            left.set(fewer);
            let key = line.key().await;
            made.borrow_mut().push(key);
        }
    }

    /// A ciphertext under this key.
    pub fn encrypted(&self, key: &str) -> Subject {
        on_one_thread(async { Connection::open(self).await.encrypted(key.to_owned()).await })
    }

    /// Whether the ciphertext opens to what it was made of. `false` also if nobody listens yet.
    pub fn opens(&self, subject: &Subject) -> bool {
        on_one_thread(async {
            let Ok(stream) = TcpStream::connect(self.server).await else { return false };
            Connection::over(self, stream).checked(Operation::Decrypt, subject, 0).await;
            true
        })
    }

    pub fn load(&self, operation: Operation, subject: &Subject, connections: usize, time: Duration) -> Seen {
        let latencies = Rc::new(RefCell::new(Vec::with_capacity(1 << 20)));
        let begin = Instant::now();
        on_one_thread(async {
            let tasks: Vec<_> = (0..connections)
                .map(|connection| {
                    let (client, subject, latencies) = (self.clone(), subject.clone(), Rc::clone(&latencies));
                    let first = (connection as u64) << 32;
                    tokio::task::spawn_local(client.repeat(operation, subject, latencies, begin + time, first))
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
        });
        let mut latencies = latencies.take();
        latencies.sort_unstable();
        Seen { latencies, seconds: begin.elapsed().as_secs_f64() }
    }

    /// Asks until it is time. Requests are numbered from `first`, so that no two connections ask the same.
    async fn repeat(
        self,
        operation: Operation,
        subject: Subject,
        latencies: Rc<RefCell<Vec<u32>>>,
        until: Instant,
        first: u64,
    ) {
        let mut line = Connection::open(&self).await;
        for request in first.. {
            let begin = Instant::now();
            if begin >= until {
                return;
            }
            let status = line.ask(operation, &subject, request).await;
            latencies.borrow_mut().push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
            assert!(status == 200, "{} was answered with {status}: {}", operation.name(), line.text());
            if request % LOOKED_AT_ONE_IN == 0 {
                line.look(operation, &subject, request);
            }
        }
    }
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}

fn on_one_thread<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, work)
}

/// One connection, which is kept alive.
struct Connection {
    stream: TcpStream,
    client: Client,
    request: String,
    answer: Vec<u8>,
    body: std::ops::Range<usize>,
}

impl Connection {
    async fn open(client: &Client) -> Self {
        Self::over(client, TcpStream::connect(client.server).await.unwrap())
    }

    fn over(client: &Client, stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        let answer = Vec::with_capacity(ANSWER_BYTES_MAX);
        Self { stream, client: client.clone(), request: String::with_capacity(2048), answer, body: 0..0 }
    }

    /// The ARN of a new key.
    async fn key(&mut self) -> String {
        let made = self.checked(Operation::CreateKey, &Subject::default(), 0).await;
        text(&made, "/KeyMetadata/Arn")
    }

    /// A ciphertext under this key.
    async fn encrypted(&mut self, key: String) -> Subject {
        let mut subject = Subject { keys: Rc::new([key]), ..Subject::default() };
        subject.blob = text(&self.checked(Operation::Encrypt, &subject, 0).await, "/CiphertextBlob");
        subject
    }

    /// As `ask`, for an answer that must be right.
    async fn checked(&mut self, operation: Operation, subject: &Subject, request: u64) -> Value {
        let status = self.ask(operation, subject, request).await;
        assert!(status == 200, "{} was answered with {status}: {}", operation.name(), self.text());
        self.look(operation, subject, request)
    }

    fn look(&self, operation: Operation, subject: &Subject, request: u64) -> Value {
        let answer: Value = serde_json::from_str(self.text()).unwrap();
        assert!(operation.is_answered(subject, request, &answer), "{} answered {answer}", operation.name());
        answer
    }

    fn text(&self) -> &str {
        std::str::from_utf8(self.answer.get(self.body.clone()).unwrap()).unwrap()
    }

    /// Signs, sends, and reads the whole answer; the status.
    async fn ask(&mut self, operation: Operation, subject: &Subject, request: u64) -> u16 {
        self.write(operation, subject, request);
        self.stream.write_all(self.request.as_bytes()).await.unwrap();
        self.answer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.answer).await.unwrap();
            assert!(read > 0, "the server closed the connection");
            assert!(self.answer.len() < ANSWER_BYTES_MAX, "the answer is too long");
            if let Some((status, body)) = whole(&self.answer) {
                self.body = body;
                return status;
            }
        }
    }

    fn write(&mut self, operation: Operation, subject: &Subject, request: u64) {
        let (body, time, host) = (operation.body(subject, request), now().iso_basic(), self.client.server.to_string());
        let date = time.get(..8).unwrap();
        let target = format!("TrentService.{}", operation.name());
        let canonical = sigv4::canonical([CONTENT_TYPE, &host, &time, &target], body.as_bytes());
        let signature = self.client.credential.sign(date, &time, &canonical);
        let id = &self.client.credential.access_key_id;
        self.request.clear();
        write!(
            self.request,
            "POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: {target}\r\nContent-Type: {CONTENT_TYPE}\r\n\
             User-Agent: Boto3/1.43.0 md/Botocore#1.43.0 ua/2.1 os/linux lang/python#3.13\r\nX-Amz-Date: {time}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={id}/{date}/{REGION}/kms/aws4_request, SignedHeaders={SIGNED_HEADERS}, Signature="
        )
        .unwrap();
        sigv4::push_hex(&mut self.request, &signature);
        write!(self.request, "\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
}

/// The status and where the body stands, once all of it is there.
fn whole(answer: &[u8]) -> Option<(u16, std::ops::Range<usize>)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let named = |line: &str| {
        line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1.trim().parse().ok()
    };
    let length: usize = head.lines().find_map(named)?;
    (answer.len() >= end + length).then_some((status, end..end + length))
}
