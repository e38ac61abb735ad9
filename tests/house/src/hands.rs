//! A clock that a test moves.

use names::{Clock, Moment, Time};
use std::sync::Mutex;
use std::time::Duration;

/// Stands still until it is moved. Wall and monotonic time can be moved together or apart.
pub struct Hands {
    now: Mutex<(Time, Moment)>,
}

impl Hands {
    pub fn at(wall: Time) -> Self {
        Self { now: Mutex::new((wall, Moment::default())) }
    }

    /// Time passes: both clocks go forward.
    pub fn pass(&self, duration: Duration) {
        let mut now = self.now.lock().unwrap();
        *now = (now.0 + duration, Moment(now.1.0 + duration));
    }

    /// The wall clock jumps, and no time passes.
    pub fn set_wall(&self, wall: Time) {
        self.now.lock().unwrap().0 = wall;
    }
}

impl Clock for Hands {
    fn wall(&self) -> Time {
        self.now.lock().unwrap().0
    }

    fn monotonic(&self) -> Moment {
        self.now.lock().unwrap().1
    }
}
