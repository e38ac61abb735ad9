//! A ticket kept beyond its call.

use vault::Ticket;

fn keep(ticket: Ticket) -> (Ticket, Ticket) {
    (ticket.clone(), ticket)
}

fn main() {}
