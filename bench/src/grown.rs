//! What does not grow with the number of keys: a call's cost, a page of a list; and what does, a little: start and memory.

use crate::clock::now;
use crate::operation::{Operation, PAGE_KEYS, Subject};
use crate::report::{commit, machine, median, replace};
use crate::rig::{Server, fill, folder};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Options {
    /// The program to measure.
    #[arg(long, default_value = "target/release/kagiban")]
    binary: PathBuf,
    /// The program that fills houses.
    #[arg(long, default_value = "target/release/fill")]
    fill: PathBuf,
    /// Keys of the large house. Quotas of AWS end here.
    #[arg(long, default_value_t = 100_000)]
    keys: usize,
    /// Of load for each turn.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// How often two that are compared take turns.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// How often each house is started.
    #[arg(long, default_value_t = 5)]
    starts: usize,
    /// Print only.
    #[arg(long)]
    dry: bool,
}

/// For Encrypt.
const CONNECTIONS: usize = 64;
/// For lists, which are long answers.
const LIST_CONNECTIONS: usize = 16;

pub fn run(options: &Options) {
    let folder = folder();
    let mut small = House::filled(options, &folder.join("small"), PAGE_KEYS);
    let mut large = House::filled(options, &folder.join("large"), options.keys);
    let mut text = String::new();
    writeln!(text, "{}, commit {}, `{}`.", now().iso(), commit(), options.binary.display()).unwrap();
    writeln!(text, "{}", machine()).unwrap();
    writeln!(
        text,
        "{} pairs of {} s; {} starts. {} keys were made in {:.1} s by `{}`.\n",
        options.pairs,
        options.seconds,
        options.starts,
        options.keys,
        large.filling_seconds,
        options.fill.display()
    )
    .unwrap();
    text.push_str(&likes(options, &small, &large));
    text.push_str(&starts(options, &folder, &mut small, &mut large));
    println!("{text}");
    if !options.dry {
        replace("make bench-grown", &text);
    }
}

/// A house with so many keys.
struct House {
    server: Server,
    keys: Rc<[String]>,
    filling_seconds: f64,
}

impl House {
    fn filled(options: &Options, folder: &Path, keys: usize) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let begin = Instant::now();
        let keys = fill(&options.fill, folder, keys).into();
        let filling_seconds = begin.elapsed().as_secs_f64();
        let server = Server::house(&options.binary, folder);
        server.settle();
        Self { server, keys, filling_seconds }
    }

    /// Processor time of a request.
    fn micros(&self, operation: Operation, keys: &Rc<[String]>, connections: usize, seconds: f64) -> f64 {
        let before = self.server.cpu_seconds();
        let subject = Subject { keys: Rc::clone(keys), ..Subject::default() };
        let seen = self.server.client.load(operation, &subject, connections, Duration::from_secs_f64(seconds));
        (self.server.cpu_seconds() - before) * 1e6 / seen.requests()
    }
}

/// What must cost the same.
fn likes(options: &Options, small: &House, large: &House) -> String {
    let one: Rc<[String]> = large.keys.iter().take(1).cloned().collect();
    let encrypt = |house: &House, keys| house.micros(Operation::Encrypt, keys, CONNECTIONS, options.seconds);
    let list = |house: &House| house.micros(Operation::ListKeys, &house.keys, LIST_CONNECTIONS, options.seconds);
    let mut text = String::from("| | µs | | µs | ratio |\n|---|--:|---|--:|--:|\n");
    let mut row = |names: [String; 2], pair: &dyn Fn() -> [f64; 2]| {
        let pairs: Vec<[f64; 2]> = (0..options.pairs).map(|_| pair()).collect();
        let [few, many] = [0, 1].map(|side| median(pairs.iter().filter_map(|pair| pair.get(side)).copied().collect()));
        let ratio = median(pairs.iter().map(|[few, many]| many / few).collect());
        let [name, other] = names;
        writeln!(text, "| {name} | {few:.1} | {other} | {many:.1} | **{ratio:.2}** |").unwrap();
    };
    // Once through all of them first, so that what is compared is not the first reading.
    encrypt(large, &large.keys);
    row(["Encrypt under one key".into(), format!("under keys drawn from {}", options.keys)], &|| {
        [encrypt(large, &one), encrypt(large, &large.keys)]
    });
    row([format!("ListKeys, {PAGE_KEYS} of {PAGE_KEYS}"), format!("{PAGE_KEYS} of {}", options.keys)], &|| {
        [list(small), list(large)]
    });
    text.push('\n');
    text
}

/// From `exec` to a correct Decrypt under a key drawn at random, and the memory of a house that does nothing.
fn starts(options: &Options, folder: &Path, small: &mut House, large: &mut House) -> String {
    let empty = folder.join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let mut empty = House { server: Server::house(&options.binary, &empty), keys: Rc::default(), filling_seconds: 0.0 };
    empty.keys = empty.server.client.keys(1, 1).into();
    let mut text = String::from(
        "| keys | from exec to a Decrypt, s | idle memory, MiB | after a Decrypt under each drawn key |\n|--:|--:|--:|--:|\n",
    );
    for house in [&mut empty, small, large] {
        let (mut seconds, mut idle) = (Vec::new(), Vec::new());
        for start in 0..options.starts {
            let drawn = Subject { keys: Rc::clone(&house.keys), ..Subject::default() };
            let subject = house.server.client.encrypted(drawn.key(start as u64));
            seconds.push(house.server.again(&subject));
            house.server.settle();
            idle.push(house.server.memory_mib());
        }
        house.micros(Operation::Encrypt, &Rc::clone(&house.keys), CONNECTIONS, options.seconds);
        let used = house.server.memory_mib();
        writeln!(text, "| {} | {:.2} | {:.0} | {used:.0} |", house.keys.len(), median(seconds), median(idle)).unwrap();
    }
    text
}
