//! Where a policy will stand: path and name that it is to have. Callers need permission for the ARN that this makes.

use crate::Iam;
use crate::fault::Fault;
use crate::own_policies::policy_arn;
use kernel::{Breakage, Reads, Scene, Side, Thing};
use names::{AccountId, Arn};
use secret::Identity;

/// A place is no entity, and none is ever found.
pub struct PlaceOfPolicy;

impl Thing for PlaceOfPolicy {
    type Service = Iam;
    /// Path and name.
    type Name = (String, String);
    type Fault = Fault;
    const TYPE: &'static str = "AWS::IAM::Policy";

    async fn find(_: &Self::Name, _: &Scene, _: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        Ok(None)
    }

    fn arn(&self) -> Arn {
        // INVARIANT: none is ever found.
        Arn::of("iam", "", AccountId::from_number(0), "policy/")
    }

    fn named((path, name): &Self::Name, scene: &Scene) -> Arn {
        policy_arn(scene.account, path, name)
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(0)
    }

    fn not_found(name: &Self::Name, scene: &Scene) -> Fault {
        Fault::no_such_policy(Self::named(name, scene).as_str())
    }
}
