//! The shapes of KMS, made from `models/kms.json` and `models/kms.house.toml` at build time.

include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
