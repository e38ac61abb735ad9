//! `kagiban serve` and `kagiban init`.

use crate::answer::Edge;
use crate::aside::Aside;
use crate::cli::{self, fail, say};
use crate::config::{self, Config};
use crate::indoors::{self, Opened};
use crate::introduce::{Endpoint, Introduction};
use crate::listen::{Listener, NoListener};
use crate::log;
use crate::process::Granted;
use crate::timers::Timers;
use cipher::SystemEntropy;
use locked::Protection;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

pub async fn init(args: cli::Open) -> ExitCode {
    let config = match Config::settle_open(args) {
        Ok(config) => config,
        Err(error) => return fail(error),
    };
    log::start(config.json_logs);
    tell_unheard();
    match indoors::open(&config).await {
        Ok(opened) => {
            introduce(&config, &opened, None);
            ExitCode::SUCCESS
        }
        Err(error) => fail(error),
    }
}

pub async fn serve(args: cli::Serve, granted: Granted) -> ExitCode {
    let config = match Config::settle(args) {
        Ok(config) => config,
        Err(error) => return fail(error),
    };
    log::start(config.json_logs);
    tell_unheard();
    // The port first: a second start on the same port must not touch the data.
    let listener = match Listener::bind(config.listen, config.tls.as_ref()).await {
        Ok(listener) => listener,
        Err(error) => return fail(error),
    };
    let endpoint = match listener.endpoint() {
        Ok(endpoint) => endpoint,
        Err(error) => return fail(error),
    };
    let aside = match aside(&config).await {
        Ok(aside) => aside,
        Err(error) => return fail(error),
    };
    let opened = match indoors::open(&config).await {
        Ok(opened) => opened,
        Err(error) => return fail(error),
    };
    // From here on a signal ends the program in order.
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return fail(error),
    };
    let edge = Edge::new(Arc::clone(&opened.booted.house), &opened.booted.keys.exit, Arc::new(SystemEntropy));
    let edge = Arc::new(edge.measuring(&config.data_dir, aside.is_none()));
    if opened.founded.is_new() {
        introduce(&config, &opened, Some(endpoint));
    }
    greet(&config, endpoint, granted);
    let timers = Timers::start(&opened.booted, opened.keeper, &config, edge.metrics());
    let (stop, stopped) = watch::channel(false);
    if let Some(aside) = aside {
        tokio::spawn(aside.serve(Arc::clone(&edge), stopped.clone()));
    }
    let serving = tokio::spawn(listener.serve(edge, stopped));
    signals.next().await;
    tracing::info!("ending: requests in flight are answered first; a second signal ends at once");
    tokio::spawn(async move {
        let number = signals.next().await;
        tracing::warn!("ended at once, by a second signal");
        std::process::exit(SIGNALLED + number);
    });
    // Whoever serves has not ended before it is told to.
    let _ = stop.send(true);
    let _ = serving.await;
    timers.end().await;
    tracing::info!("ended");
    ExitCode::SUCCESS
}

/// A variable that was meant for a setting and is none would be missed by nobody else.
fn tell_unheard() {
    for line in config::unheard() {
        tracing::warn!("{line}");
    }
}

/// The listener for metrics, where one is asked for.
async fn aside(config: &Config) -> Result<Option<Aside>, NoListener> {
    let Some(address) = config.metrics_listen else { return Ok(None) };
    let aside = Aside::bind(address).await?;
    let address = aside.address().unwrap_or(address);
    tracing::info!("metrics and health, without TLS, on http://{address}");
    Ok(Some(aside))
}

/// What a shell makes of a program that a signal ended: this, and the signal's number.
const SIGNALLED: i32 = 128;

fn introduce(config: &Config, opened: &Opened, endpoint: Option<Endpoint>) {
    let introduction = Introduction {
        config,
        root_file: opened.booted.root_file.as_deref(),
        account: opened.founded.account(),
        credentials_file: opened.founded.credentials_file(),
        endpoint,
    };
    say(introduction.text());
}

fn greet(config: &Config, endpoint: Endpoint, granted: Granted) {
    let scheme = if endpoint.tls { "https" } else { "http" };
    tracing::info!("ready on {scheme}://{}", endpoint.address);
    if config.danger_plain_listen {
        tracing::warn!("danger: listening without TLS on an address that is not loopback");
    }
    if config.accept_clock {
        tracing::warn!("danger: the clock is accepted as it is");
    }
    if config.clock_file.is_some() {
        tracing::warn!("danger: the clock is moved by a file");
    }
    if !granted.closed {
        tracing::warn!("the system lets other processes look into this one, or write its memory to a file");
    }
    if !granted.locked {
        tracing::info!("memory is not locked: pages may reach swap (see LimitMEMLOCK in docs/operations.md)");
    }
    tell_protection(granted.keys);
}

/// Says how the keys lie in memory: less than is wanted is a warning.
pub fn tell_protection(keys: Protection) {
    match keys {
        Protection::Unreadable => tracing::info!("keys lie in memory that only this process can read"),
        Protection::Locked => {
            tracing::info!("keys lie in locked memory, out of dumps (the kernel has no memfd_secret)")
        }
        Protection::Undumped => {
            tracing::warn!(
                "keys lie in memory that may reach swap: too little may be locked (see LimitMEMLOCK in docs/operations.md)"
            );
        }
        Protection::None => tracing::warn!("keys lie in ordinary memory: this system keeps no pages out of dumps"),
    }
}

/// The signals that end the program.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for the next one; its number.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate().as_raw_value(),
            _ = self.interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        }
    }
}
