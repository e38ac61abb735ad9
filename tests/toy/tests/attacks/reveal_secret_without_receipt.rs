//! A secret, let out before its call was recorded.

fn reveal<'a>(secret: &'a secret::Secret, exit: &secret::Exit) -> &'a [u8] {
    secret.reveal(exit)
}

fn main() {}
