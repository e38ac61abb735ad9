//! A secret inside a structure that is printed.

#[derive(Debug)]
struct Login {
    user: String,
    password: secret::Secret,
}

fn main() {}
