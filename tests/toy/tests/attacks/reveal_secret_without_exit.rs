//! A secret, let out by somebody with a receipt who is not the edge.

fn reveal<'a>(secret: &'a secret::Secret, receipt: &secret::Receipt) -> &'a [u8] {
    secret.reveal(receipt)
}

fn main() {}
