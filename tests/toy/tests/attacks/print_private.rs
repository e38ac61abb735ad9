//! A value that is read inside and never shown, printed.

fn print(value: secret::Private<String>) -> String {
    format!("{value:?}")
}

fn main() {}
