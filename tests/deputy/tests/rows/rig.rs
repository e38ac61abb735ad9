//! A house with all services and a few things in it, and calls whose record and writes are looked at each time.

use crate::samples::Samples;
use house::{Actor, House, Tree};
use kernel::{Event, Failure, Row, Service};
use std::sync::Arc;

/// Every table of the house.
pub const SERVICES: [&Service; 4] = [&cloudtrail::SERVICE, &iam::SERVICE, &kms::SERVICE, &sts::SERVICE];

pub const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
pub const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;

/// The reviewed list of the operations that no policy judges, which `tests/faces` keeps.
const UNJUDGED: &str = include_str!("../../snapshots/unjudged.txt");

pub struct Rig {
    pub house: Arc<House>,
    pub samples: Samples,
}

/// How a call ended.
pub struct Ended {
    pub failure: Option<Failure>,
    /// Which call it was, for the one who reads the failure of a test.
    pub what: String,
}

/// Every row, or those that callers may name.
pub fn rows() -> impl Iterator<Item = (&'static Service, &'static Row)> {
    SERVICES.into_iter().flat_map(|service| service.rows.iter().map(move |row| (service, row)))
}

pub fn public_rows() -> impl Iterator<Item = (&'static Service, &'static Row)> {
    rows().filter(|(_, row)| !row.internal)
}

/// Whether the reviewed list has the row as one that nobody is refused.
pub fn is_open(service: &Service, row: &Row) -> bool {
    UNJUDGED.lines().filter(|line| line.contains("Demands::open(")).any(|line| {
        let file = line.split(':').next().unwrap_or_default();
        let stem = file.rsplit('/').next().unwrap_or_default().trim_end_matches(".rs");
        file.starts_with(&format!("services/{}/", service.name)) && stem.replace('_', "") == row.name.to_lowercase()
    })
}

/// A house in which what the samples name is there, as far as a call can make it.
pub async fn rig() -> Rig {
    let house = House::boot(SERVICES).await;
    let root = house.root().await;
    let made = root.call::<shapes_kms::CreateKey>(shapes_kms::CreateKeyInput::default()).await;
    let key = made.output().key_metadata.as_ref().unwrap().key_id.as_str().to_owned();
    let rig = Rig { house, samples: Samples { key } };
    for (service, row) in public_rows().filter(|(_, row)| row.name.starts_with("Create") && row.name != "CreateKey") {
        rig.call(&root, service, row, rig.samples.required(row.model().input)).await;
    }
    rig
}

impl Rig {
    /// Calls a row as the wire does. Whatever comes of it: the call has one record of its own, which says how it ended and who it was;
    /// and if it failed, that is the only record, and no row of the store is another one than before.
    pub async fn call(&self, who: &Actor, service: &'static Service, row: &'static Row, mut input: Tree) -> Ended {
        let what = format!("{}:{} with {input:?}", service.name, row.name);
        let what = what.chars().take(2_000).collect::<String>();
        let (before, head) = (self.house.rows().await, self.head().await);
        let caller = who.caller().await.unwrap();
        let recorded = self.house.door().enter(caller, service, row, |into| into(&mut input)).await.unwrap();
        let failure = recorded.ending().err();
        let events = self.events_after(head).await;
        let own: Vec<&Event> = events.iter().filter(|event| event.name == row.name).collect();
        let [own] = own.as_slice() else { panic!("{what}: {} records", own.len()) };
        assert_eq!(own.request_id, recorded.request_id().as_str(), "{what}");
        assert_eq!(own.source, service.source(), "{what}");
        assert_eq!(own.identity.arn, who.arn(), "{what}");
        assert_eq!(own.error_code.is_some(), failure.is_some(), "{what}: the record tells another ending: {own:?}");
        if failure.is_some() {
            assert_eq!(events.len(), 1, "{what}: a call that failed has one record");
            assert!(own.wrote.is_empty(), "{what}: the record of a failure tells of writes: {own:?}");
            assert!(self.house.rows().await == before, "{what}: it failed, and rows have changed");
        }
        Ended { failure, what }
    }

    /// Nothing was recorded and nothing written since `then`.
    pub async fn untouched(&self, then: &(house::Rows, u64), what: &str) {
        assert_eq!(self.head().await, then.1, "{what}: there is a record of somebody who is not known");
        assert!(self.house.rows().await == then.0, "{what}: rows have changed");
    }

    /// What [`Rig::untouched`] compares with.
    pub async fn now(&self) -> (house::Rows, u64) {
        (self.house.rows().await, self.head().await)
    }

    async fn head(&self) -> u64 {
        self.house.store().head().await.unwrap().map_or(0, |head| head.sequence)
    }

    async fn events_after(&self, sequence: u64) -> Vec<Event> {
        let page = self.house.store().trail(sequence + 1, 1_000).await.unwrap();
        page.iter().map(|one| Event::decode(&one.bytes).unwrap()).collect()
    }
}

impl Ended {
    pub fn code(&self) -> &str {
        self.failure.as_ref().map_or("", |failure| &failure.code)
    }

    /// Fails the test unless the call was refused with this code.
    pub fn refused(&self, code: (&str, u16)) {
        let Some(failure) = &self.failure else { panic!("{}: it succeeded, {} is due", self.what, code.0) };
        assert_eq!((failure.code.as_ref(), failure.status), code, "{}: {}", self.what, failure.text);
    }
}
