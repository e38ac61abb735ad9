//! The shapes of IAM, made from `models/iam.json` and `models/iam.house.toml` at build time.

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
