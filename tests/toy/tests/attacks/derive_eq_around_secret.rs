//! A secret inside a structure that is compared.

#[derive(PartialEq)]
struct Login {
    user: String,
    password: secret::Secret,
}

fn main() {}
