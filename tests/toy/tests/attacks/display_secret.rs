//! A secret, printed for people.

fn print(secret: secret::Secret) -> String {
    format!("{secret}")
}

fn main() {}
