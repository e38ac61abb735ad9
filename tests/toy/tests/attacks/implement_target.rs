//! A target that is found and judged as its service likes.

use kernel::{Breakage, Caller, Failure, Mention, Reads, Scene, Target};
use policy::Fact;
use secret::{Identity, Mint};

struct Unjudged;

impl Target for Unjudged {
    type Name = ();
    type Seen = ();
    type Allowed<'a> = ();
    const PARTS: usize = 0;

    async fn find(_: &(), _: &Scene, _: &mut Reads<'_, ()>) -> Result<(), Breakage> {
        Ok(())
    }

    fn missing(_: &(), _: &(), _: &Scene) -> Option<Failure> {
        None
    }

    fn identities(_: &(), _: &mut Vec<Identity>) {}

    fn resources(_: &(), _: &mut Vec<Mention>) {}

    fn fact<'a>(_: &'a (), _: usize, _: &str, _: &Caller) -> Option<Fact<'a>> {
        None
    }

    fn allowed<'a>(_: &'a (), _: &Mint) {}
}

fn main() {}
