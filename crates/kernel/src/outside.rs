//! What an operation may do outside its tables, once: the vault, other services, randomness, names.

use crate::family::Family;
use crate::gate::{self, Call};
use crate::{Breakage, Caller, Failure, House, Markers, Operation, OutputOf, Resolved, Row, Scene, Service, Stop};
use cipher::Entropy;
use names::Arn;
use policy::{Document, PrincipalName};
use shape::OperationShape;
use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;
use vault::{NewAccessKey, Used};

/// The way out of `prepare`. What it stages is done once per call, however often the commit is tried.
pub struct Outside<'a> {
    pub(crate) house: &'a House,
    pub(crate) family: &'a mut Family,
    pub(crate) caller: &'a Caller,
    pub(crate) scene: &'a Scene,
    pub(crate) service: &'static Service,
    /// The name of the operation that is prepared.
    pub(crate) operation: &'static str,
    /// Set for a batch: the only operation that it may call.
    pub(crate) each: Option<TypeId>,
    /// Whether the call is the service's own, whatever the policies say.
    pub(crate) internal: bool,
}

/// Another service's answer, for reading inside the house. No receipt is inside, so its secrets stay shut.
pub struct Kept<T> {
    output: Arc<dyn Any + Send + Sync>,
    kind: PhantomData<fn() -> T>,
}

impl<T: 'static> Kept<T> {
    pub(crate) fn of(output: Arc<dyn Any + Send + Sync>) -> Option<Self> {
        output.is::<T>().then_some(Self { output, kind: PhantomData })
    }
}

impl<T: 'static> Deref for Kept<T> {
    type Target = T;

    #[expect(clippy::panic, reason = "a broken invariant of the house's own: the type was checked when it was kept")]
    fn deref(&self) -> &T {
        // INVARIANT: `Kept::of` has looked at the type.
        let Some(output) = self.output.downcast_ref() else { panic!("a kept answer changed its type") };
        output
    }
}

/// The names of users and roles in a policy, and the unique ids behind them.
pub type Bindings = Vec<(String, String)>;

/// Why the names in a policy have no ids.
#[derive(Debug)]
pub enum Unbound {
    /// This one is nobody's, or the unique id of somebody who is gone.
    Nobody(String),
    Broken(Breakage),
}

/// How many items of a batch are committed together.
pub const BATCH_ITEMS_PER_COMMIT: usize = 100;

impl Outside<'_> {
    /// Lends a tool of the house to those who depend on the crate that defines it: `outside.tool::<Arc<dyn Vault>>()`.
    pub fn tool<T: 'static>(&self) -> Result<&T, Breakage> {
        self.house.tool().ok_or(Breakage::NoSuchTool)
    }

    /// Fills `bytes` with randomness: ids are made here, so that `apply` gives the same when it runs again.
    pub fn random(&self, bytes: &mut [u8]) -> Result<(), Breakage> {
        Ok(self.house.entropy.fill(bytes)?)
    }

    /// A new thing's identity.
    pub fn birth(&self) -> Result<secret::Identity, Breakage> {
        let mut bytes = [0; 16];
        self.random(&mut bytes)?;
        Ok(secret::Identity(u128::from_be_bytes(bytes)))
    }

    pub fn entropy(&self) -> &dyn Entropy {
        self.house.entropy.as_ref()
    }

    /// Makes the access key of an account's first user, or one in place of lost ones, when nobody can hold a ticket. Only internal calls
    /// may: a caller from a socket makes access keys with the ticket of that very call.
    pub async fn first_access_key(&self, access_key_id: &str) -> Result<Used<NewAccessKey>, Breakage> {
        if !self.internal {
            return Err(Breakage::NotInternal);
        }
        let (vault, mint) = (&self.house.vault, self.house.mint);
        Ok(vault.first_access_key(mint, self.scene.account, access_key_id).await?)
    }

    /// The markers of this operation's pages. `about` is what else of the input shapes the list: another list's marker does not open.
    pub fn markers(&self, about: &[&str]) -> Markers {
        Markers::of(self, about)
    }

    /// Who stands behind the ARN of a principal.
    pub async fn resolve(&mut self, arn: &Arn) -> Result<Resolved, Breakage> {
        let resolved = self.house.principals.resolve(arn, self.family.listening()).await;
        self.family.heard();
        resolved
    }

    /// The ARN that the bearer of a unique id has by now; `None` when the bearer is gone. `last` is the one that was known last.
    pub async fn name(&mut self, id: &str, last: &Arn) -> Result<Option<Arn>, Breakage> {
        let named = self.house.principals.name(id, last, self.family.listening()).await;
        self.family.heard();
        named
    }

    /// The unique ids behind the users and roles that a policy names, as it is put: whoever gets the name of somebody later is another one.
    pub async fn bind(&mut self, document: &Document) -> Result<Bindings, Unbound> {
        let mut bindings = Vec::new();
        for principal in document.principals() {
            let arn = match principal {
                PrincipalName::User(arn) | PrincipalName::Role(arn) => arn,
                // A unique id in a policy is what is left of somebody who is gone: AWS does not take it back in.
                PrincipalName::Id(id) => return Err(Unbound::Nobody(id.to_string())),
                _ => continue,
            };
            match self.resolve(arn).await.map_err(Unbound::Broken)? {
                Resolved::Id(id) => bindings.push((arn.to_string(), id)),
                Resolved::Elsewhere => {}
                Resolved::Missing => return Err(Unbound::Nobody(arn.to_string())),
            }
        }
        Ok(bindings)
    }

    /// A policy as its readers see it. A user who was renamed since it was put stands in it under the new name, and one who is gone under
    /// the unique id: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>. So whoever reads it
    /// and puts it again gives nothing to a newcomer who has the old name. `None`: as it was written.
    pub async fn respelled(
        &mut self,
        document: &Document,
        bindings: &[(String, String)],
    ) -> Result<Option<String>, Breakage> {
        let mut changed = Vec::new();
        for (last, id) in bindings {
            let last = Arn::parse(last).map_err(|_| Breakage::Unreadable)?;
            let name = self.name(id, &last).await?;
            if name.as_ref() != Some(&last) {
                changed.push((last, name.map_or_else(|| id.clone(), |name| name.to_string())));
            }
        }
        let name_of = |arn: &Arn| changed.iter().find(|(last, _)| last == arn).map(|(_, name)| name.clone());
        Ok((!changed.is_empty()).then(|| document.respelled(&name_of)))
    }

    /// Whether `action` would be allowed to the caller upon `resource` if the thing bore this policy: for look-ahead checks, such as KMS's
    /// lock-out check. It authorizes nothing.
    pub async fn would_allow(
        &mut self,
        action: crate::Action,
        resource: &Arn,
        side: crate::Side,
        facts: Vec<(std::borrow::Cow<'static, str>, policy::Fact<'static>)>,
    ) -> Result<bool, Breakage> {
        gate::would_allow(self, action, resource, side, facts).await
    }

    /// Calls another service on behalf of the caller. The call joins this family: one commit, with its events.
    pub async fn call<S: OperationShape>(&mut self, input: S::Input) -> Result<Kept<S::Output>, Failure> {
        if self.each.is_some() {
            return Err(Failure::internal());
        }
        let Some((service, row)) = self.house.row_of(TypeId::of::<S>()) else { return Err(Failure::internal()) };
        let caller = self.caller.through(self.service.name);
        let call = Call { caller, service, row };
        gate::join(self.house, self.family, call, Box::new(input))
            .await
            .and_then(|output| Kept::of(output).ok_or_else(Failure::internal))
    }

    /// The items of a batch, each judged by itself. They are committed in groups, with their events, before the batch's own record.
    pub async fn each<O: Operation>(
        &mut self,
        inputs: impl IntoIterator<Item = <O::Shape as OperationShape>::Input>,
    ) -> Result<Vec<Result<Kept<OutputOf<O>>, Failure>>, Stop<O::Fault>> {
        if self.each != Some(TypeId::of::<O>()) {
            return Err(Stop::Broken(Breakage::ForeignItem));
        }
        let (service, row) = self.house.row_of(TypeId::of::<O::Shape>()).ok_or(Breakage::NoSuchRow)?;
        let mut inputs = inputs.into_iter().peekable();
        let mut answers = Vec::new();
        while inputs.peek().is_some() {
            let group = inputs.by_ref().take(BATCH_ITEMS_PER_COMMIT).map(|input| Box::new(input) as _).collect();
            let outputs = self.group(service, row, group).await?;
            answers.extend(
                outputs
                    .into_iter()
                    .map(|output| output.and_then(|output| Kept::of(output).ok_or_else(Failure::internal))),
            );
        }
        Ok(answers)
    }

    async fn group(
        &mut self,
        service: &'static Service,
        row: &'static Row,
        inputs: Vec<crate::steps::Erased>,
    ) -> Result<Vec<Result<Arc<dyn Any + Send + Sync>, Failure>>, Breakage> {
        let mut family = Family::of_batch(self.house);
        for input in inputs {
            let call = Call { caller: self.caller.clone(), service, row };
            gate::join_item(self.house, &mut family, call, input).await;
        }
        gate::settle_batch(self.house, family).await
    }

    pub fn caller(&self) -> &Caller {
        self.caller
    }

    pub fn scene(&self) -> &Scene {
        self.scene
    }
}
