//! A secret, opened without an opener.

fn open(secret: &secret::Secret) -> &[u8] {
    secret.open()
}

fn main() {}
