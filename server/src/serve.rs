//! `kagiban serve` and `kagiban init`.

use crate::answer::Edge;
use crate::boot::{self, Booted};
use crate::cli::{self, fail, say};
use crate::config::Config;
use crate::founding::{self, Founded};
use crate::listen::Listener;
use crate::{log, timers};
use cipher::SystemEntropy;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

pub async fn init(args: cli::Open) -> ExitCode {
    let config = match Config::settle_open(args) {
        Ok(config) => config,
        Err(error) => return fail(error),
    };
    log::start(config.json_logs);
    match open(&config).await {
        Ok((booted, founded)) => {
            introduce(&config, &booted, &founded);
            ExitCode::SUCCESS
        }
        Err(code) => code,
    }
}

pub async fn serve(args: cli::Serve) -> ExitCode {
    let config = match Config::settle(args) {
        Ok(config) => config,
        Err(error) => return fail(error),
    };
    log::start(config.json_logs);
    // The port first: a second start on the same port must not touch the data.
    let listener = match Listener::bind(config.listen, config.tls.as_ref()).await {
        Ok(listener) => listener,
        Err(error) => return fail(error),
    };
    let (booted, founded) = match open(&config).await {
        Ok(opened) => opened,
        Err(code) => return code,
    };
    let (stop, stopped) = watch::channel(false);
    let mut timers = timers::start(&booted, config.data_dir.clone(), config.clock_file.clone(), stopped.clone());
    let edge = Edge::new(Arc::clone(&booted.house), &booted.keys.exit, Arc::new(SystemEntropy));
    if founded.is_new() {
        introduce(&config, &booted, &founded);
    }
    greet(&config, &listener);
    let serving = tokio::spawn(listener.serve(Arc::new(edge), stopped));
    wait_for_signal().await;
    tracing::info!("ending: requests in flight are answered first");
    let _ = stop.send(true);
    let _ = serving.await;
    while timers.join_next().await.is_some() {}
    tracing::info!("ended");
    ExitCode::SUCCESS
}

/// Opens the house, founds it if it is new, and notes every danger that was asked for.
async fn open(config: &Config) -> Result<(Booted, Founded), ExitCode> {
    let booted = boot::boot(config).await.map_err(fail)?;
    if let Some(file) = &config.clock_file {
        timers::move_clock(&booted.clock, file);
    }
    let founded = founding::found(&booted, config).await.map_err(fail)?;
    founding::record_start(&booted, config).await.map_err(fail)?;
    Ok((booted, founded))
}

/// What a person pastes to use the AWS CLI.
fn introduce(config: &Config, booted: &Booted, founded: &Founded) {
    booted.introduce(config);
    say(format_args!("account:      {}", founded.account()));
    if let Some(file) = founded.credentials_file() {
        say(format_args!("credentials:  {}", file.display()));
        say("");
        say("To use the AWS CLI, an SDK or Terraform, paste:");
        say(format_args!("  export AWS_SHARED_CREDENTIALS_FILE={}", file.display()));
        say(format_args!("  export AWS_DEFAULT_REGION={}", config.region));
        say(format_args!("  export AWS_ENDPOINT_URL=http://{}", config.listen));
        say("");
    }
}

fn greet(config: &Config, listener: &Listener) {
    let address = listener.address().unwrap_or(config.listen);
    tracing::info!("ready on {}://{address}", listener.scheme());
    if config.danger_plain_listen {
        tracing::warn!("danger: listening without TLS on an address that is not loopback");
    }
    if config.clock_file.is_some() {
        tracing::warn!("danger: the clock is moved by a file");
    }
}

async fn wait_for_signal() {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
