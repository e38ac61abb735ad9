//! Places among the roles: where a new one will stand, and all that is under a path.

use crate::Iam;
use crate::fault::Fault;
use crate::role::Role;
use crate::roles::role_arn;
use kernel::{Breakage, Reads, Scene, Side, Thing};
use names::{AccountId, Arn};
use secret::Identity;

/// Where a role will stand: path and name. None is ever found there: callers need permission for the ARN that it makes.
pub struct NewRole;

impl Thing for NewRole {
    type Service = Iam;
    type Name = (String, String);
    type Fault = Fault;
    const TYPE: &'static str = Role::TYPE;

    async fn find(_: &Self::Name, _: &Scene, _: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        Ok(None)
    }

    fn arn(&self) -> Arn {
        // INVARIANT: none is ever found.
        Arn::of("iam", "", AccountId::from_number(0), "role/")
    }

    fn named((path, name): &Self::Name, scene: &Scene) -> Arn {
        role_arn(scene.account, path, name)
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(0)
    }

    fn not_found((_, name): &Self::Name, _: &Scene) -> Fault {
        Fault::no_such_role(name)
    }
}

/// All roles under a path, of which there is no record, as [`crate::place::Under`] is of users.
pub struct RolesUnder;

impl Thing for RolesUnder {
    type Service = Iam;
    /// The path's beginning: `/` for all.
    type Name = String;
    type Fault = Fault;
    const TYPE: &'static str = "";

    async fn find(_: &String, _: &Scene, _: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        Ok(None)
    }

    fn arn(&self) -> Arn {
        // INVARIANT: none is ever found.
        Arn::of("iam", "", AccountId::from_number(0), "role/")
    }

    fn named(path: &String, scene: &Scene) -> Arn {
        role_arn(scene.account, path, "")
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(0)
    }

    fn not_found(path: &String, _: &Scene) -> Fault {
        Fault::NoSuchEntity(format!("There are no roles under {path}."))
    }
}
