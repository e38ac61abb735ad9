//! The page that Prometheus reads, in the text of OpenMetrics 1.0:
//! <https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md>.

use super::Metrics;
use crate::data_dir;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::Commits;

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is measured when the page is asked for.
pub struct Measured {
    pub directory: PathBuf,
    pub commits: Commits,
    pub has_room: bool,
    pub clock_is_sound: bool,
}

impl Metrics {
    /// The page. What cannot be measured is not on it.
    pub fn page(self: &Arc<Self>, measured: Measured) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Scrape { metrics: Arc::clone(self), measured }));
        let mut page = String::new();
        text::encode(&mut page, &registry).map(|()| page)
    }
}

struct Scrape {
    metrics: Arc<Metrics>,
    measured: Measured,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        page.one("kagiban_build", "The program", MetricType::Info, &Info::new(version))?;
        self.requests(&mut page)?;
        self.durations(&mut page)?;
        self.door(&mut page)?;
        self.store(&mut page)?;
        self.keys(&mut page)?;
        self.state(&mut page)?;
        process(&mut page)
    }
}

impl Scrape {
    fn requests(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "Calls of callers who are known, by how they ended: success, or the code of the error";
        let mut family = page.family("kagiban_requests", help, MetricType::Counter)?;
        for of_service in &self.metrics.services {
            let service = of_service.service;
            for (row, counted) in service.rows.iter().zip(&of_service.rows).filter(|(row, _)| !row.internal) {
                let succeeded = counted.succeeded.load(Ordering::Relaxed);
                for (outcome, count) in [("success", succeeded)].into_iter().chain(counted.failed.told()) {
                    let labels = [("service", service.name), ("operation", row.name), ("outcome", outcome)];
                    ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
                }
            }
        }
        Ok(())
    }

    fn durations(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "From the end of the request's body to its record being durable, in seconds";
        let mut family = page.family("kagiban_request_duration_seconds", help, MetricType::Histogram)?;
        for of_service in &self.metrics.services {
            for (row, counted) in of_service.service.rows.iter().zip(&of_service.rows) {
                let buckets = counted.lasted.told();
                let count = buckets.iter().map(|(_, count)| count).sum();
                if count > 0 {
                    let labels = [("service", of_service.service.name), ("operation", row.name)];
                    let mut encoder = family.encode_family(&labels)?;
                    encoder.encode_histogram::<NoLabelSet>(counted.lasted.seconds(), count, &buckets, None)?;
                }
            }
        }
        Ok(())
    }

    fn door(&self, page: &mut Page<'_>) -> fmt::Result {
        let help = "Requests that were refused before anybody was known, by the code of the error";
        let mut family = page.family("kagiban_door_refusals", help, MetricType::Counter)?;
        for (code, count) in self.metrics.door.told() {
            ConstCounter::new(count).encode(family.encode_family(&[("code", code)])?)?;
        }
        let failed = self.metrics.handshakes_failed.load(Ordering::Relaxed);
        page.counter("kagiban_tls_handshake_failures", "Connections on which no TLS was agreed", failed)?;
        let connections = self.metrics.connections.load(Ordering::Relaxed);
        page.gauge("kagiban_connections", "Connections that are open", connections)
    }

    fn store(&self, page: &mut Page<'_>) -> fmt::Result {
        let Commits { groups, jobs, sync_micros, events } = self.measured.commits;
        page.counter("kagiban_commit_groups", "Transactions that were committed, each with one sync", groups)?;
        page.counter("kagiban_commit_jobs", "What was committed in them: calls, index entries, notes", jobs)?;
        let seconds = Duration::from_micros(sync_micros).as_secs_f64();
        let commit = ConstCounter::new(seconds);
        page.one(
            "kagiban_commit_sync_seconds",
            "Time spent on writing and syncing the log",
            MetricType::Counter,
            &commit,
        )?;
        page.gauge(
            "kagiban_trail_events",
            "The number of the trail's last event, those that were cut off included",
            signed(events),
        )?;
        let mut family = page.family(
            "kagiban_store_bytes",
            "The size of the database and of its log, trail included",
            MetricType::Gauge,
        )?;
        for (file, ending) in [("database", ""), ("log", "-wal")] {
            let path = self.measured.directory.join(format!("{}{ending}", store::DATABASE_FILE));
            if let Some(bytes) = data_dir::size(&path) {
                ConstGauge::new(signed(bytes)).encode(family.encode_family(&[("file", file)])?)?;
            }
        }
        let Ok(free) = store::free_bytes(&self.measured.directory) else { return Ok(()) };
        page.gauge("kagiban_disk_free_bytes", "What is free on the disk of the data directory", signed(free))
    }

    fn keys(&self, page: &mut Page<'_>) -> fmt::Result {
        let counted = *self.metrics.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Some(super::Census { states, ended }) = counted else { return Ok(()) };
        let mut family = page.family("kagiban_keys", "Keys by state, as they were last counted", MetricType::Gauge)?;
        for (state, count) in states.named() {
            ConstGauge::new(signed(count)).encode(family.encode_family(&[("state", state)])?)?;
        }
        page.gauge("kagiban_keys_counted_timestamp_seconds", "When the keys were last counted", ended.seconds())
    }

    fn state(&self, page: &mut Page<'_>) -> fmt::Result {
        let Measured { has_room, clock_is_sound, .. } = self.measured;
        page.gauge("kagiban_disk_full", "1 while the disk is full and every call fails", i64::from(!has_room))?;
        page.gauge(
            "kagiban_clock_held",
            "1 while the clock is not believed and deletions hold",
            i64::from(!clock_is_sound),
        )
    }
}

/// proc_pid_statm(5) and proc_pid_stat(5). The names are those of Prometheus' own clients.
fn process(page: &mut Page<'_>) -> fmt::Result {
    let words = |path: &str| {
        let text = data_dir::read(Path::new(path)).ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    };
    let statm = words("/proc/self/statm");
    if let Some(pages) = statm.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()) {
        let bytes = pages.saturating_mul(rustix::param::page_size() as u64);
        page.gauge("process_resident_memory_bytes", "Memory that the program holds", signed(bytes))?;
    }
    // Behind the name, which is in parentheses, the fields begin with the third; utime and stime are the 14th and 15th.
    let stat = words("/proc/self/stat");
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<u32>().ok());
    if let (Some(user), Some(system)) = (ticks(14), ticks(15)) {
        let ticks_per_second = rustix::param::clock_ticks_per_second();
        let seconds = (f64::from(user) + f64::from(system)) / u32::try_from(ticks_per_second).map_or(100.0, f64::from);
        page.one("process_cpu_seconds", "CPU time of the program", MetricType::Counter, &ConstCounter::new(seconds))?;
    }
    Ok(())
}

/// Prometheus' numbers are floating, so nothing is lost that it would keep.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn family<'s>(&'s mut self, name: &'s str, help: &str, kind: MetricType) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, None, kind)
    }

    fn one(&mut self, name: &str, help: &str, kind: MetricType, value: &impl EncodeMetric) -> fmt::Result {
        value.encode(self.family(name, help, kind)?)
    }

    fn gauge(&mut self, name: &str, help: &str, value: i64) -> fmt::Result {
        self.one(name, help, MetricType::Gauge, &ConstGauge::new(value))
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.one(name, help, MetricType::Counter, &ConstCounter::new(value))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn what_cannot_be_measured_is_not_on_the_page() {
        let page = |directory: &str| {
            let directory = PathBuf::from(directory);
            let measured = Measured { directory, commits: Commits::default(), has_room: true, clock_is_sound: true };
            Arc::new(Metrics::of(&[])).page(measured).unwrap()
        };
        assert!(page("/").contains("kagiban_disk_free_bytes "), "the name");
        let page = page("/dev/null/nowhere");
        assert!(!page.contains("kagiban_disk_free_bytes ") && !page.contains("kagiban_store_bytes{"), "{page}");
    }
}
