//! What an operation says of itself, in the order in which one asks.

use crate::{Aim, Assumed, Authorized, Demands, Desk, Fault, Found, Outside, Stop, Target};
use shape::OperationShape;

pub type InputOf<O> = <<O as Operation>::Shape as OperationShape>::Input;
pub type OutputOf<O> = <<O as Operation>::Shape as OperationShape>::Output;

/// One operation of one service. An operation is a file: aim, demands and behaviour, in that order.
pub trait Operation: Send + Sync + Sized + 'static {
    type Shape: OperationShape;
    /// The marker of the owning service; a desk of it opens the tables of this service alone.
    type Service: Send + Sync + 'static;
    type Target: Target;
    /// What [`Operation::prepare`] leaves for [`Operation::apply`]: ids, randomness, ciphertexts, answers of other services.
    type Staged: Send + Sync + 'static;
    type Fault: Fault;
    const TRAIL: Class;

    /// Upon what: which target the input names. Pure, so that it is no oracle.
    fn aim(input: &InputOf<Self>) -> Result<Aim<Self::Target>, Self::Fault>;

    /// Who may. Never empty: emptiness has no spelling.
    fn demands(input: &InputOf<Self>, target: &Found<Self::Target>) -> Demands;

    /// Whether the caller asked for a verdict only.
    fn dry_run(_: &InputOf<Self>) -> bool {
        false
    }

    /// Parameters that the trail shows with their defaults when the caller left them out, where AWS does: name and value.
    fn assumed(_: &InputOf<Self>) -> Vec<(&'static str, Assumed)> {
        Vec::new()
    }

    /// Is it in a state to: what has to hold of the target and the input beyond the bounds of the schema.
    fn check(_: &Authorized<'_, Self>) -> Result<(), Self::Fault> {
        Ok(())
    }

    /// What it does outside the tables, once: vault, bodies, ids, calls to other services.
    fn prepare(
        call: &Authorized<'_, Self>,
        outside: &mut Outside<'_>,
    ) -> impl Future<Output = Result<Self::Staged, Stop<Self::Fault>>> + Send;

    /// What it answers and writes. It may be run again, and then gives the same.
    fn apply(
        call: &Authorized<'_, Self>,
        staged: &Self::Staged,
        desk: &mut Desk<'_, Self::Service>,
    ) -> impl Future<Output = Result<OutputOf<Self>, Stop<Self::Fault>>> + Send;

    /// What the trail shall say beyond parameters and answer.
    fn remarks(_: &Authorized<'_, Self>, _: &Self::Staged, _: &OutputOf<Self>) -> Remarks {
        Remarks::default()
    }
}

/// How the trail keeps an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// A management event, durable before the answer. `read_only` is CloudTrail's word for it: KMS's cryptographic operations are.
    Management { read_only: bool },
}

/// Additions to an event.
#[derive(Default)]
pub struct Remarks {
    /// CloudTrail's `additionalEventData`.
    pub additional: Vec<(&'static str, String)>,
    /// Stands in `responseElements` instead of the answer.
    pub response: Option<Vec<(&'static str, String)>>,
    /// The uses of keys that the vault counted for this call.
    pub uses: Vec<vault::Use>,
    /// Resources that came to be by the call, beside those that it aimed at.
    pub resources: Vec<crate::Mention>,
    /// CloudTrail's `serviceEventDetails`, for events that a service makes by itself.
    pub service_details: Option<Vec<(&'static str, String)>>,
    /// What was said by events that are about to be cut off the trail: see [`crate::plan_cut`].
    pub settled: Option<std::sync::Arc<crate::Settled>>,
}

impl Class {
    pub fn read_only(self) -> bool {
        match self {
            Self::Management { read_only } => read_only,
        }
    }
}
