//! A secret, used as if it were bytes.

fn open(secret: &secret::Secret) -> &[u8] {
    secret
}

fn main() {}
