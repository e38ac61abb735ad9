//! Places for connections: so many in all, and so many for one address, so that nobody takes them all.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at once.
const CONNECTIONS_MAX: usize = 10_000;
/// Connections at once from one address. A proxy in front is one address, and keeps fewer.
const CONNECTIONS_PER_ADDRESS_MAX: usize = 1_000;

pub struct Places {
    all: Arc<Semaphore>,
    taken: Arc<Taken>,
}

/// One of all places.
pub struct Free {
    _permit: OwnedSemaphorePermit,
}

/// The place of one connection. It is free again when this is dropped.
pub struct Place {
    _free: Free,
    address: IpAddr,
    taken: Arc<Taken>,
}

#[derive(Default)]
struct Taken(Mutex<HashMap<IpAddr, usize>>);

impl Places {
    pub fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(CONNECTIONS_MAX)), taken: Arc::default() }
    }

    /// Waits for one of all places. `None` never happens: the semaphore is not closed.
    pub async fn free(&self) -> Option<Free> {
        Arc::clone(&self.all).acquire_owned().await.ok().map(|permit| Free { _permit: permit })
    }

    /// Gives the place to a connection from `address`; `None` if there are too many from there.
    pub fn take(&self, free: Free, address: IpAddr) -> Option<Place> {
        let address = counted(address);
        let mut taken = self.taken.lock();
        let count = taken.entry(address).or_default();
        if *count >= CONNECTIONS_PER_ADDRESS_MAX {
            return None;
        }
        *count += 1;
        Some(Place { _free: free, address, taken: Arc::clone(&self.taken) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        if let Some(count) = taken.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one address: of IPv6 the network of 64 bits, which providers give to one customer each.
fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn one_address_does_not_take_all_places_and_gives_back_what_it_took() {
        let places = Places::new();
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let mut taken = Vec::new();
        for _ in 0..CONNECTIONS_PER_ADDRESS_MAX {
            taken.push(places.take(places.free().await.unwrap(), one).unwrap());
        }
        assert!(places.take(places.free().await.unwrap(), one).is_none());
        assert!(places.take(places.free().await.unwrap(), other).is_some());
        taken.pop();
        assert!(places.take(places.free().await.unwrap(), one).is_some());
        drop(taken);
        assert!(places.taken.lock().is_empty(), "nothing is kept of who is gone");
        assert_eq!(places.all.available_permits(), CONNECTIONS_MAX);
    }

    #[test]
    fn a_network_is_one_address() {
        let counted = |text: &str| counted(text.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
