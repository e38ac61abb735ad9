//! What a claim costs. Run with `cargo nextest run --run-ignored only -E 'test(speed)' --no-capture`.

use std::hint::black_box;
use std::time::Instant;

use wire::sigv4::read;

use super::signer::{Signing, kms_call};

#[test]
#[ignore = "prints a figure, asserts nothing about it"]
fn speed_of_a_typical_kms_call() {
    let signing = Signing::for_service("kms");
    let (sketch, _) = signing.signed(kms_call(), 0);
    let body = cipher::sha256(&sketch.body);
    let rules = signing.rules();
    let rounds = 200_000_u32;
    sketch.with_head(|head| {
        let start = Instant::now();
        for _ in 0..rounds {
            assert!(black_box(read(black_box(head), &rules, signing.now, || body)).is_ok());
        }
        let each = start.elapsed() / rounds;
        #[expect(clippy::print_stderr, reason = "the figure is what the test is for")]
        {
            eprintln!("a claim of 8 signed headers: {each:?}");
        }
    });
}
