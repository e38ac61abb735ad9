//! A secret inside a structure that is copied.

#[derive(Clone)]
struct Login {
    user: String,
    password: secret::Secret,
}

fn main() {}
