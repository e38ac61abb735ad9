//! The shapes of the toy service, on which the house is tested, made from `models/toy.json` and `models/toy.house.toml` at build time.

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
