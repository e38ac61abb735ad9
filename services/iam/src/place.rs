//! Places among the users: a path and a name that a user is to have (callers need permission for the ARN that this makes), and all that
//! is under a path.

use crate::Iam;
use crate::fault::Fault;
use crate::tables::user_arn;
use crate::user::{Named, User};
use kernel::{Breakage, Reads, Scene, Side, Thing};
use names::{AccountId, Arn};
use secret::Identity;

/// Where a user will stand.
pub struct Place {
    account: AccountId,
    path: String,
    name: String,
}

/// How calls speak of it.
pub enum Wanted {
    New {
        path: String,
        name: String,
    },
    /// What is not said stays as the user has it.
    Moved {
        user: String,
        path: Option<String>,
        name: Option<String>,
    },
}

/// A place is no entity: it is there as soon as one can tell where it is, and nothing is bound to it.
impl Thing for Place {
    type Service = Iam;
    type Name = Wanted;
    type Fault = Fault;
    const TYPE: &'static str = User::TYPE;

    async fn find(wanted: &Wanted, scene: &Scene, reads: &mut Reads<'_, Iam>) -> Result<Option<Self>, Breakage> {
        let account = scene.account;
        let Wanted::Moved { user, path, name } = wanted else { return Ok(None) };
        let user = User::find(&Named::Name(user.clone()), scene, reads).await?;
        Ok(user.map(|user| Self {
            account,
            path: path.as_ref().unwrap_or(&user.record.path).clone(),
            name: name.as_ref().unwrap_or(&user.record.name).clone(),
        }))
    }

    fn arn(&self) -> Arn {
        user_arn(self.account, &self.path, &self.name)
    }

    fn named(wanted: &Wanted, scene: &Scene) -> Arn {
        match wanted {
            Wanted::New { path, name } => user_arn(scene.account, path, name),
            Wanted::Moved { user, path, name } => {
                user_arn(scene.account, path.as_deref().unwrap_or("/"), name.as_ref().unwrap_or(user))
            }
        }
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    /// Places are asked for as `Option<Place>` only, which binds nothing.
    fn identity(&self) -> Identity {
        Identity(0)
    }

    fn not_found(wanted: &Wanted, _: &Scene) -> Fault {
        match wanted {
            Wanted::New { name, .. } => Fault::no_such_user(name),
            Wanted::Moved { user, .. } => Fault::no_such_user(user),
        }
    }
}

/// All users under a path, of which there is no record: AWS judges ListUsers on `arn:aws:iam::123456789012:user/` and what `PathPrefix`
/// adds to it.
pub struct Under;

impl Thing for Under {
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
        Arn::of("iam", "", AccountId::from_number(0), "user/")
    }

    fn named(path: &String, scene: &Scene) -> Arn {
        user_arn(scene.account, path, "")
    }

    fn policy(&self) -> Side {
        Side::Unpolicied
    }

    fn identity(&self) -> Identity {
        Identity(0)
    }

    fn not_found(path: &String, _: &Scene) -> Fault {
        Fault::NoSuchEntity(format!("There are no users under {path}."))
    }
}
