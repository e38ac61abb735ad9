//! A caller whom nobody has checked, by the name of the constructor.

use kernel::{Caller, Origin, Principal};

fn forge(victim: &Caller, ticket: vault::Ticket, origin: Origin) -> Caller {
    Caller::assertion(Principal::Root, victim.account(), None, None, ticket, origin, Vec::new())
}

fn main() {}
