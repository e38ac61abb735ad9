//! What must hold of a CBOR data item, whatever the bytes: what our reader accepts is one well-formed item, and what we write of it is
//! read again.

use super::keys::{keys, receipt};
use super::kitchen::KITCHEN;
use super::tree::Tree;
use wire::cbor::{CborSink, CborSource};

/// Whether the bytes were accepted.
pub fn probe(bytes: &[u8]) -> bool {
    let mut source = CborSource::new(bytes);
    let Ok(tree) = Tree::read(&KITCHEN, &mut source) else { return false };
    if source.finish().is_err() {
        return false;
    }
    if !bytes.is_empty() {
        let mut decoder = minicbor::Decoder::new(bytes);
        decoder.skip().unwrap();
        assert_eq!(decoder.position(), bytes.len(), "minicbor and our reader end at the same byte");
    }
    let receipt = receipt();
    let mut sink = CborSink::new(&keys().exit, &receipt);
    tree.write(&KITCHEN, &mut sink);
    let written = sink.finish();
    let mut source = CborSource::new(&written);
    Tree::read(&KITCHEN, &mut source).unwrap();
    source.finish().unwrap();
    true
}
