//! The shapes of CloudTrail, made from `models/cloudtrail.json` and `models/cloudtrail.house.toml` at build time.

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
