//! The door log: what fails before anybody is known. It has no place on the trail, and a bounded rate, so that nobody fills a disk with it.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Lines a second; what comes beyond them is counted and told with the next line.
const LINES_PER_SECOND_MAX: u32 = 20;

pub struct DoorLog {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    second: u64,
    lines: u32,
    passed_over: u64,
}

impl DoorLog {
    pub fn new() -> Self {
        Self { state: Mutex::new(State::default()) }
    }

    /// Notes a refusal. `now` is monotonic.
    pub fn note(&self, now: Duration, peer: IpAddr, request_id: &str, code: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.second != now.as_secs() {
            state.second = now.as_secs();
            state.lines = 0;
        }
        if state.lines >= LINES_PER_SECOND_MAX {
            state.passed_over += 1;
            return;
        }
        state.lines += 1;
        let passed_over = std::mem::take(&mut state.passed_over);
        tracing::info!(%peer, request_id, code, passed_over, "refused at the door");
    }
}
