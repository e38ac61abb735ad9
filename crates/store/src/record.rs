//! Records: typed values, the formats they had, and their seal.

use crate::Revision;
use crate::engine::Row;
use crate::store::Broken;
use cipher::Barrier;
use minicbor::{Decode, Encode};

/// A value that a table keeps. When its shape changes, the old shape stays as `Previous` and the new one gets the next
/// `FORMAT`; rows are read in whatever format they have, and written in the newest.
pub trait Record: Encode<()> + for<'b> Decode<'b, ()> + Send + Sync + 'static {
    /// Counted from 1, and larger than `Previous::FORMAT`.
    const FORMAT: u16;

    /// The shape before this one; [`NoPrevious`] for the first.
    type Previous: Record;

    fn from_previous(previous: Self::Previous) -> Self;
}

/// The end of a chain of formats. It has no values.
#[derive(Debug)]
pub enum NoPrevious {}

impl Record for NoPrevious {
    const FORMAT: u16 = 0;
    type Previous = Self;

    fn from_previous(previous: Self) -> Self {
        previous
    }
}

impl<C> Encode<C> for NoPrevious {
    fn encode<W: minicbor::encode::Write>(
        &self,
        _: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match *self {}
    }
}

impl<C> Decode<'_, C> for NoPrevious {
    fn decode(_: &mut minicbor::Decoder<'_>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Err(minicbor::decode::Error::message("there is no such format"))
    }
}

/// Seals `value` as the row `(space, key)` at `revision`.
pub(crate) fn seal<V: Record>(
    barrier: &Barrier,
    space: &'static str,
    key: &[u8],
    revision: Revision,
    value: &V,
) -> Result<Row, Broken> {
    let plaintext = minicbor::to_vec(value).map_err(|_| Broken::Unwritable { space })?;
    let sealed = barrier.seal(space, key, revision.number(), V::FORMAT, &plaintext)?;
    Ok(Row { revision, format: V::FORMAT, bytes: sealed.into() })
}

/// Opens what [`seal`] made for the same place, in whatever format of `V` it was.
pub(crate) fn open<V: Record>(barrier: &Barrier, space: &'static str, key: &[u8], row: &Row) -> Result<V, Broken> {
    let plaintext = barrier
        .open(space, key, row.revision.number(), row.format, &row.bytes)
        .map_err(|_| Broken::Unopened { space, key: key.to_vec() })?;
    if row.format > V::FORMAT {
        return Err(Broken::NewerFormat { space, format: row.format });
    }
    decode(row.format, &plaintext).ok_or_else(|| Broken::Unreadable { space, key: key.to_vec(), format: row.format })
}

/// Walks down the chain of formats to the one that the bytes have, and back up.
fn decode<V: Record>(format: u16, bytes: &[u8]) -> Option<V> {
    const { assert!(V::Previous::FORMAT < V::FORMAT || V::FORMAT == 0, "formats grow along the chain") };
    if format == V::FORMAT {
        return read(bytes);
    }
    if V::FORMAT == 0 {
        return None;
    }
    decode::<V::Previous>(format, bytes).map(V::from_previous)
}

/// The whole of `bytes` is one value.
fn read<V: Record>(bytes: &[u8]) -> Option<V> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}
