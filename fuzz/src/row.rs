//! What must hold of rows and events, whatever the bytes: keys are read as they were written and sort as their bytes do, an event that is
//! read is written and read alike, and a record that is sealed with whatever in it is a value or refused.

use cipher::{BARRIER_KEY_BYTES, Barrier, SystemEntropy};
use kernel::Event;
use minicbor::{Decode, Encode};
use names::{AccountId, AliasName, KeyId, Region, Time};
use secret::{Identity, Keys, Secret};
use std::fmt::Debug;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use store::{Broken, Draft, MemoryEngine, NoPrevious, Only, Record, Store, Table, TableKey, Terms};

/// The most bytes that are looked at.
pub const BYTES_MAX: usize = 4096;

/// How many readers accepted the bytes.
pub fn probe(bytes: &[u8]) -> usize {
    let bytes = bytes.get(..BYTES_MAX).unwrap_or(bytes);
    ordered::<(String, u64)>(bytes);
    ordered::<(u16, String)>(bytes);
    ordered::<Time>(bytes);
    ordered::<(AccountId, Region)>(bytes);
    let keys = [
        key::<Only>(bytes),
        key::<String>(bytes),
        key::<(String, u16, String)>(bytes),
        key::<(Time, u128)>(bytes),
        key::<Identity>(bytes),
        key::<(AccountId, Region, KeyId)>(bytes),
        key::<(AccountId, Region, AliasName, [u8; 16])>(bytes),
    ];
    keys.into_iter().chain([event(bytes), record(bytes)]).filter(|accepted| *accepted).count()
}

fn key<K: TableKey>(bytes: &[u8]) -> bool {
    K::from_bytes(bytes).is_some_and(|key| {
        assert_eq!(key.to_bytes(), bytes, "one value has one encoding");
        true
    })
}

/// Reads two keys, one behind the other.
fn ordered<K: TableKey + Ord + Debug>(bytes: &[u8]) {
    let mut rest = bytes;
    if let (Some(one), Some(other)) = (K::decode(&mut rest), K::decode(&mut rest)) {
        assert_eq!(one.cmp(&other), one.to_bytes().cmp(&other.to_bytes()), "{one:?} and {other:?}");
        assert_eq!([one.to_bytes(), other.to_bytes(), rest.to_vec()].concat(), bytes);
    }
}

fn event(bytes: &[u8]) -> bool {
    let Some(event) = Event::decode(bytes) else { return false };
    let mut whole = minicbor::Decoder::new(bytes);
    whole.skip().unwrap();
    assert_eq!(whole.position(), bytes.len(), "an event is one whole item");
    // Encodings are compared, since NaN is not itself.
    let written = event.encode().unwrap();
    let again = Event::decode(&written).unwrap();
    assert_eq!(again.encode().as_ref(), Some(&written));
    assert_eq!((again.time(), again.username()), (event.time(), event.username()));
    true
}

/// What the tables of services have in them: optional, repeated and nested parts.
#[derive(Encode, Decode, Debug, PartialEq)]
struct Thing {
    #[n(0)]
    count: u64,
    #[n(1)]
    name: Option<String>,
    #[n(2)]
    parts: Vec<(String, u16)>,
    #[cbor(n(3), with = "minicbor::bytes")]
    digest: [u8; 4],
}

/// Bytes that are kept as if they were a value.
struct Raw(Vec<u8>);

impl Record for Thing {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl Record for Raw {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

impl<C> Encode<C> for Raw {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.writer_mut().write_all(&self.0).map_err(minicbor::encode::Error::write)
    }
}

impl<C> Decode<'_, C> for Raw {
    fn decode(_: &mut minicbor::Decoder<'_>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Err(minicbor::decode::Error::message("it is written only"))
    }
}

/// Seals the bytes as a row, and reads the row as a [`Thing`] from a store that has nothing warm.
fn record(bytes: &[u8]) -> bool {
    static RAW: Table<(), u64, Raw> = Table::new("fuzz/things");
    static THINGS: Table<(), u64, Thing> = Table::new("fuzz/things");
    let engine = Arc::new(MemoryEngine::new());
    let store = || Arc::new(Store::new(engine.clone(), barrier(), Arc::new(SystemEntropy), 0));
    let writer = store();
    let mut draft = Draft::new(Arc::clone(&writer));
    now(draft.put(&RAW, &1, Arc::new(Raw(bytes.to_vec())))).unwrap();
    let event = store::Event { id: [1; 16], bytes: bytes.to_vec(), terms: Terms::none() };
    let batch = draft.into_batch(vec![], vec![event]).unwrap();
    now(writer.commit(batch)).unwrap();
    let mut decoder = minicbor::Decoder::new(bytes);
    let expected = decoder.decode::<Thing>().ok().filter(|_| decoder.position() == bytes.len());
    let reader = store();
    assert_eq!(now(reader.trail(1, 9)).unwrap()[0].bytes, bytes, "the trail gives back what it was given");
    match now(reader.get(&THINGS, &1)) {
        Ok(held) => {
            assert_eq!(held.as_ref().map(|held| held.value.as_ref()), expected.as_ref());
            true
        }
        Err(Broken::Unreadable { .. }) => {
            assert_eq!(expected, None);
            false
        }
        Err(broken) => panic!("{broken}"),
    }
}

/// The engine of the memory never waits, so one poll gives the answer.
fn now<T>(answer: impl Future<Output = T>) -> T {
    match std::pin::pin!(answer).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the engine of the memory waited"),
    }
}

fn barrier() -> Arc<Barrier> {
    let key = Secret::fill(BARRIER_KEY_BYTES, |bytes| bytes.fill(7));
    Arc::new(Barrier::new(&key, &keys().opener, Arc::new(SystemEntropy)))
}

#[expect(clippy::disallowed_methods, reason = "a process of tests is a house of its own and cuts its own keys")]
fn keys() -> &'static Keys {
    static KEYS: OnceLock<Option<&'static Keys>> = OnceLock::new();
    KEYS.get_or_init(secret::cut_keys).unwrap()
}
