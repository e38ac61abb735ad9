//! A secret, written into a table as it is.

#[derive(minicbor::Encode)]
struct Login {
    #[n(0)]
    user: String,
    #[n(1)]
    password: secret::Secret,
}

fn main() {}
