//! The database, as far as it can be read without its root: its format, the end of the trail, the anchor beside it, and the clock.

use super::finding::Finding;
use crate::data_dir::{self, HEAD_FILE};
use names::Time;
use std::path::Path;
use std::time::Duration;
use store::{EngineFault, Sqlite, TrailReader, TrailSource};

/// As far behind the time at which the house last ran a clock may be: clocks are put right by such steps.
const BEHIND_SECONDS_MAX: u64 = 60;

/// The end of a trail.
struct End {
    sequence: u64,
    /// When its last event was made: its id begins with the time.
    time: Time,
}

pub async fn findings(directory: &Path, now: Time) -> Vec<Finding> {
    if !directory.join(store::DATABASE_FILE).exists() {
        return Vec::new();
    }
    let reader = match TrailReader::open(directory) {
        Ok(reader) => reader,
        Err(error) => return vec![broken(error.to_string())],
    };
    let (end, noted) = match (end(&reader).await, reader.noted_clock()) {
        (Ok(end), Ok(noted)) => (end, noted),
        (Err(error), _) | (_, Err(error)) => return vec![broken(error.to_string())],
    };
    let opened = Finding::ok("database", "the database has the format of this version, and can be read".to_owned());
    let Some(end) = end else { return vec![opened] };
    vec![opened, anchor(read_anchor(directory), &end), clock(now, noted.unwrap_or(end.time))]
}

fn broken(what: String) -> Finding {
    Finding::problem(
        "database",
        format!("the database cannot be read: {what}"),
        "the server does not start on it",
        "use the version that wrote it, or a newer one; if it is damaged, restore the whole data directory from your backup",
    )
}

async fn end(reader: &TrailReader) -> Result<Option<End>, EngineFault> {
    let Some(head) = reader.trail(1, 1).await?.head else { return Ok(None) };
    let last = reader.trail(head.sequence, 1).await?;
    let last = last.bundles.first();
    Ok(last.and_then(|bundle| Some(End { sequence: bundle.sequence, time: made(bundle.last_id()?) })))
}

/// RFC 9562, 5.7: the first six bytes are the milliseconds since 1970.
fn made(id: [u8; 16]) -> Time {
    let millis = id.iter().take(6).fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
    Time::from_micros(millis.saturating_mul(1_000))
}

/// The place that `trail.head` names; `None` where it is not there, 0 where it names none.
fn read_anchor(directory: &Path) -> Option<u64> {
    let bytes = data_dir::read(&directory.join(HEAD_FILE)).ok()??;
    Some(bytes.first_chunk().map_or(0, |sequence| u64::from_be_bytes(*sequence)))
}

fn anchor(named: Option<u64>, end: &End) -> Finding {
    match named {
        Some(named) if named > end.sequence => Finding::problem(
            "trail-head",
            format!("`{HEAD_FILE}` names event {named}, and the trail ends with event {}", end.sequence),
            "records were cut off the trail, or an older copy of the database was put back: the server does not start",
            "look with `kagiban trail verify`, and restore the newest copy of the whole data directory",
        ),
        Some(named) if named > 0 => {
            Finding::ok("trail-head", format!("`{HEAD_FILE}` names event {named} of {}", end.sequence))
        }
        _ => Finding::warning(
            "trail-head",
            format!("`{HEAD_FILE}` is not there, or says nothing, and the trail has {} events", end.sequence),
            "without a head that is kept apart, an end that was cut off the trail cannot be told from an end",
            "the server writes it within seconds of its next call; if you have not removed it, ask who has",
        ),
    }
}

/// As a start sees it (`kernel::last_believed`): a start with a wrong clock leaves events with wrong times, and no note.
fn clock(now: Time, believed: Time) -> Finding {
    let what =
        format!("the clock says {}, and the house last ran with a clock it believed at {}", now.iso(), believed.iso());
    if now + Duration::from_secs(BEHIND_SECONDS_MAX) < believed {
        return Finding::problem(
            "clock",
            format!("{what}: the clock is behind"),
            "signatures of clients whose clocks are right are refused, and records get times that were already",
            "put the clock right, and keep it by NTP",
        );
    }
    if now > believed + Duration::from_secs(kernel::CLOCK_GAP_SECONDS_MAX) {
        return Finding::warning(
            "clock",
            format!("{what}: more than seven days ago"),
            "a start holds deletions of keys, since the clock may be wrong",
            "look at the clock; if it is right, and the server was off for so long, start it once with --danger-accept-clock",
        );
    }
    Finding::ok("clock", what)
}

/// Whether the SQLite that is built in is one that keeps what it has acknowledged.
pub fn sqlite(sqlite: Sqlite) -> Finding {
    if sqlite.number >= sqlite.number_min {
        return Finding::ok("sqlite", format!("SQLite {}, from 3.51.3 on as it must be", sqlite.name));
    }
    Finding::problem(
        "sqlite",
        format!("SQLite {} is built in", sqlite.name),
        "before 3.51.3 it can lose committed writes (the WAL-reset fault), so the server does not start",
        "build the program with the SQLite that it brings along",
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level::{Ok as Fine, Problem, Warning};
    use super::*;

    #[test]
    fn an_anchor_that_is_missing_or_beyond_the_trail_is_found() {
        let end = End { sequence: 10, time: Time::default() };
        for (named, level) in
            [(Some(10), Fine), (Some(3), Fine), (Some(11), Problem), (Some(0), Warning), (None, Warning)]
        {
            assert_eq!(anchor(named, &end).told(), (level, "trail-head"), "{named:?}");
        }
    }

    #[test]
    fn a_clock_that_is_wrong_is_found() {
        let last = Time::from_seconds(1_000_000);
        let days = |days: i64| Time::from_seconds(1_000_000 + days * 24 * 3_600);
        for (now, level) in [
            (last, Fine),
            (Time::from_seconds(999_950), Fine),
            (days(7), Fine),
            (days(8), Warning),
            (days(-1), Problem),
        ] {
            assert_eq!(clock(now, last).told(), (level, "clock"), "{now:?}");
        }
        let id = [0x01, 0x93, 0x5E, 0x5A, 0x4C, 0x00, 0x7F, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(made(id).micros(), 0x0193_5E5A_4C00 * 1_000);
    }

    #[test]
    fn an_old_sqlite_is_found() {
        let is = |number| Sqlite { name: "3.x", number, number_min: 3_051_003 };
        assert_eq!(sqlite(is(3_051_003)).told(), (Fine, "sqlite"));
        assert_eq!(sqlite(is(3_051_002)).told(), (Problem, "sqlite"));
        assert_eq!(sqlite(store::sqlite()).told(), (Fine, "sqlite"), "what this program brings along");
    }
}
