//! The generator: one thread, so many connections, each with one request on its way; every request really signed, every status looked at,
//! and some answers for what they say.

use crate::clock::now;
use crate::operation::{Operation, Subject};
use crate::sigv4::{self, Credential, REGION, SIGNED_HEADERS};
use serde_json::Value;
use std::cell::RefCell;
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
            let none = Subject::default();
            let text =
                |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
            let made = line.checked(Operation::CreateKey, &none).await;
            let mut subject = Subject { key_arn: text(&made, "/KeyMetadata/Arn"), ..none };
            subject.blob = text(&line.checked(Operation::Encrypt, &subject).await, "/CiphertextBlob");
            line.checked(Operation::Decrypt, &subject).await;
            let stranger = Credential::new(self.credential.access_key_id.clone(), "not the secret".into());
            let mut strange = Connection::open(&Self { credential: Rc::new(stranger), ..self.clone() }).await;
            let status = strange.ask(Operation::Decrypt, &subject).await;
            assert!((400..500).contains(&status), "a false signature was answered with {status}");
            subject
        })
    }

    pub fn load(&self, operation: Operation, subject: &Subject, connections: usize, time: Duration) -> Seen {
        let latencies = Rc::new(RefCell::new(Vec::with_capacity(1 << 20)));
        let begin = Instant::now();
        on_one_thread(async {
            let tasks: Vec<_> = (0..connections)
                .map(|_| {
                    let (client, subject, latencies) = (self.clone(), subject.clone(), Rc::clone(&latencies));
                    tokio::task::spawn_local(client.repeat(operation, subject, latencies, begin + time))
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

    async fn repeat(self, operation: Operation, subject: Subject, latencies: Rc<RefCell<Vec<u32>>>, until: Instant) {
        let mut line = Connection::open(&self).await;
        for number in 0_u64.. {
            let begin = Instant::now();
            if begin >= until {
                return;
            }
            let status = line.ask(operation, &subject).await;
            latencies.borrow_mut().push(u32::try_from(begin.elapsed().as_micros()).unwrap_or(u32::MAX));
            assert!(status == 200, "{} was answered with {status}: {}", operation.name(), line.text());
            if number % LOOKED_AT_ONE_IN == 0 {
                line.look(operation, &subject);
            }
        }
    }
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
        let stream = TcpStream::connect(client.server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let answer = Vec::with_capacity(ANSWER_BYTES_MAX);
        Self { stream, client: client.clone(), request: String::with_capacity(2048), answer, body: 0..0 }
    }

    /// As `ask`, for an answer that must be right.
    async fn checked(&mut self, operation: Operation, subject: &Subject) -> Value {
        let status = self.ask(operation, subject).await;
        assert!(status == 200, "{} was answered with {status}: {}", operation.name(), self.text());
        self.look(operation, subject)
    }

    fn look(&self, operation: Operation, subject: &Subject) -> Value {
        let answer: Value = serde_json::from_str(self.text()).unwrap();
        assert!(operation.is_answered(subject, &answer), "{} answered {answer}", operation.name());
        answer
    }

    fn text(&self) -> &str {
        std::str::from_utf8(self.answer.get(self.body.clone()).unwrap()).unwrap()
    }

    /// Signs, sends, and reads the whole answer; the status.
    async fn ask(&mut self, operation: Operation, subject: &Subject) -> u16 {
        self.write(operation, subject);
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

    fn write(&mut self, operation: Operation, subject: &Subject) {
        let (body, time, host) = (operation.body(subject), now().iso_basic(), self.client.server.to_string());
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
