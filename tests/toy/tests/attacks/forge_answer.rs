//! An answer with a receipt of another call.

use kernel::Answer;
use secret::Receipt;

fn forge<'a>(answer: Answer<'a>, receipt: &'a Receipt) -> Answer<'a> {
    Answer { receipt, ..answer }
}

fn main() {}
