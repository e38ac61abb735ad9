//! The door. Every call of every service, whoever makes it, passes here as a typed operation, and nothing else leads inside.
//!
//! The door hands out proofs that nobody can forge: [`Authorized`] to act, `Allowed<T>` to touch the thing that was judged, a receipt to
//! answer. A service is a table ([`Service`]) of rows ([`Row`]), a row is one [`Operation`]; the gate walks each call through
//! read → throttle → aim → find → demands → evaluate → check → prepare → apply → commit, and the commit carries the writes of the whole
//! family *together with its events*.
//!
//! Invariants, above all absences: a service has no way to commit; there is no way to an `Authorized` but through `policy::evaluate` or a
//! reviewed open demand; there is no reply without a receipt, and no receipt without a durable record; nothing in this crate knows a
//! protocol, a query language or a service.

mod admit;
mod authorized;
mod caller;
mod clockwork;
mod cutting;
mod demands;
mod desk;
mod event;
mod facts;
mod family;
mod fault;
mod gate;
mod house;
mod key_use;
mod markers;
mod omission;
mod operation;
mod outside;
mod params;
mod record;
mod recorded;
mod rounds;
mod service;
mod settled;
mod steps;
mod tally;
mod target;
mod telling;
mod testimony;
mod throttle;
mod trail;
mod underway;

pub use admit::{Claim, Credential, Credentials, Temporary, Unadmitted};
pub use authorized::Authorized;
pub use caller::{AssumedRole, Caller, Origin, Principal, RequestId, Session, Tls};
pub use clockwork::{CLOCK_GAP_SECONDS_MAX, CLOCK_LEAD_SECONDS_MAX, SystemClock, last_believed};
pub use cutting::{Ages, Cut, NoCut, plan_cut};
pub use demands::{Action, Demands, Look};
pub use desk::{Desk, Page, ReadSet, Reads};
pub use event::{Event, Identified, InSession, Issuer, Kind as EventKind, Resource, Value as EventValue, Wrote};
pub use fault::{Breakage, Failure, Fault, Never, Stop};
pub use house::{Documents, House, Policies, Principals, Reading, Resolved, Setting, Wait, Wiring};
pub use key_use::{KeyUse, KeyVerb};
pub use markers::{ForeignMarker, Markers};
pub use operation::{Class, InputOf, Operation, OutputOf, Remarks};
pub use outside::{Bindings, Kept, Outside, Unbound};
pub use params::Assumed;
pub use recorded::{Answer, Opened, Recorded};
pub use rounds::{Chore, Rounds, Task};
pub use service::{Codes, Row, Service, Validation};
pub use settled::{Settled, SettledRun, SettledUses};
pub use target::{Aim, Found, Mention, Nothing, Scene, Side, Single, Target, Thing};
pub use testimony::{Discrepancy, Testimony, Untold, UseFlaw, UseTally};
pub use throttle::{Limit, Rate};
pub use trail::{Attribute, TrailReader, index_pending};
pub use underway::Underway;
