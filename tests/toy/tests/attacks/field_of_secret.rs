//! The bytes of a secret, by the name of the field.

fn open(secret: &secret::Secret) -> Vec<u8> {
    secret.bytes.0.to_vec()
}

fn main() {}
