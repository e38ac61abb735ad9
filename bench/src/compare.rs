//! Floors and house in turn, so that whatever else the machine does falls on all of them.

use crate::operation::{ALL, Operation, Subject};
use crate::report;
use crate::rig::{Server, folder};
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Options {
    /// The program to measure.
    #[arg(long, default_value = "target/release/kagiban")]
    binary: PathBuf,
    /// Of load for each cell and server.
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// How often floors and house take turns in each cell.
    #[arg(long, default_value_t = 3)]
    pairs: usize,
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 128])]
    connections: Vec<usize>,
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = ALL)]
    operations: Vec<Operation>,
    /// Print only.
    #[arg(long)]
    dry: bool,
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One run of one server in one cell.
#[derive(Clone, Copy)]
pub struct Turn {
    /// Server CPU for each request, while the load lasted.
    pub cpu_micros: f64,
    /// The same, with what the server did behind its answers until it came to rest.
    pub settled_micros: f64,
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    pub memory_mib: f64,
}

/// All turns of one operation at so many connections: floor (b), the durable floor, the house.
pub struct Cell {
    pub operation: Operation,
    pub connections: usize,
    pub turns: Vec<[Turn; 3]>,
}

pub fn run(options: &Options) {
    let folder = folder();
    let servers = [
        Server::floor("floor (b)", &folder, None),
        Server::floor("durable floor", &folder, Some("floor.records")),
        Server::house(&options.binary, &folder),
    ];
    let subjects = servers.each_ref().map(|server| server.client.subject());
    let idle: Vec<f64> = servers.iter().map(Server::memory_mib).collect();
    let mut cells = Vec::new();
    for operation in &options.operations {
        for connections in &options.connections {
            let turn = || {
                let mut subjects = subjects.iter();
                servers.each_ref().map(|server| {
                    let subject = subjects.next().unwrap();
                    turn(server, *operation, subject, *connections, Duration::from_secs_f64(options.seconds))
                })
            };
            let turns = (0..options.pairs).map(|_| turn()).collect();
            let cell = Cell { operation: *operation, connections: *connections, turns };
            println!("{}", report::line(&cell));
            cells.push(cell);
        }
    }
    let text = report::text(&cells, &idle, &options.binary, options.pairs, options.seconds);
    println!("\n{text}");
    if !options.dry {
        report::replace("make bench", &text);
    }
}

fn turn(server: &Server, operation: Operation, subject: &Subject, connections: usize, time: Duration) -> Turn {
    let before = server.cpu_seconds();
    let seen = server.client.load(operation, subject, connections, time);
    let loaded = server.cpu_seconds();
    server.settle();
    let micros = |seconds: f64| seconds * 1e6 / seen.requests();
    Turn {
        cpu_micros: micros(loaded - before),
        settled_micros: micros(server.cpu_seconds() - before),
        per_second: seen.requests() / seen.seconds,
        p50: seen.quantile(0.5),
        p99: seen.quantile(0.99),
        memory_mib: server.memory_mib(),
    }
}
