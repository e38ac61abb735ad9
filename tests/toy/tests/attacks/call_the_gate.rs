//! The gate itself, called with a caller of one's own choice.

fn call() {
    let _ = kernel::gate::answer;
}

fn main() {}
