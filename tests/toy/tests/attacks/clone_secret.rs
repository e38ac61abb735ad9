//! A secret, copied.

fn copy(secret: secret::Secret) -> (secret::Secret, secret::Secret) {
    (secret.clone(), secret)
}

fn main() {}
