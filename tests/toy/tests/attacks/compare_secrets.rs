//! Secrets, compared in a time that tells where they differ.

fn compare(one: secret::Secret, other: secret::Secret) -> bool {
    one == other
}

fn main() {}
