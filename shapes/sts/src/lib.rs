//! The shapes of STS, made from `models/sts.json` and `models/sts.house.toml` at build time.

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
