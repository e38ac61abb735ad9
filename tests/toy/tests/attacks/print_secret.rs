//! A secret, printed for debugging.

fn print(secret: secret::Secret) -> String {
    format!("{secret:?}")
}

fn main() {}
