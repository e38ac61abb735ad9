//! A secret, opened for computing with the key of the edge.

fn open<'a>(secret: &'a secret::Secret, exit: &secret::Exit) -> &'a [u8] {
    secret.open(exit)
}

fn main() {}
