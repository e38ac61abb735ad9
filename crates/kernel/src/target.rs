//! Upon what a call acts, found before it is judged. Missing is a value, not yet an error.

use crate::demands::{Look, Sight};
use crate::{Breakage, Caller, Failure, Fault, Reads};
use names::{AccountId, Arn, Region, Time};
use policy::{Document, Fact};
use secret::{Allowed, Identity, Mint};
use std::sync::Arc;

/// Something that a service keeps and that calls can name. The service writes this; targets are derived from it.
pub trait Thing: Send + Sync + Sized + 'static {
    type Service: Send + Sync + 'static;
    type Name: Send + Sync + 'static;
    type Fault: Fault;
    /// CloudTrail's type of the resource: `AWS::KMS::Key`. Empty where AWS lists none.
    const TYPE: &'static str;

    fn find(
        name: &Self::Name,
        scene: &Scene,
        reads: &mut Reads<'_, Self::Service>,
    ) -> impl Future<Output = Result<Option<Self>, Breakage>> + Send;

    fn arn(&self) -> Arn;

    /// The ARN that a thing of this name would have.
    fn named(name: &Self::Name, scene: &Scene) -> Arn;

    /// The policy that the thing itself bears.
    fn policy(&self) -> Side;

    /// The thing's birth. Neither its name nor its revision.
    fn identity(&self) -> Identity;

    fn not_found(name: &Self::Name, scene: &Scene) -> Self::Fault;

    /// The thing's own condition keys, in lower case: `kms:keyspec`, `aws:resourcetag/team`.
    fn fact(&self, _key: &str, _caller: &Caller) -> Option<Fact<'_>> {
        None
    }
}

/// What kind of resource policy a thing bears.
pub enum Side {
    /// None: identity policies decide within the account, and nobody from outside may.
    Unpolicied,
    /// One may be there; without a word of it the account decides.
    Implicit(Option<Arc<Document>>),
    /// One must be there, and the account decides only where it says so (KMS keys, role trust).
    Explicit(Arc<Document>),
}

/// The circumstances of a call: who, where, when.
pub struct Scene {
    pub account: AccountId,
    pub region: Region,
    pub now: Time,
    /// The caller's own principal: calls that name nobody mean himself.
    pub caller: Caller,
}

/// A resource that the event of a call names. `kind` is CloudTrail's: [`Thing::TYPE`].
#[derive(Clone)]
pub struct Mention {
    pub arn: Arn,
    pub kind: &'static str,
}

/// What the input names.
pub struct Aim<T: Target>(pub(crate) T::Name);

impl<T: Target> Aim<T> {
    pub fn at(name: T::Name) -> Self {
        Self(name)
    }
}

/// What was found there.
pub struct Found<T: Target> {
    seen: T::Seen,
}

impl<T: Target> Found<T> {
    pub(crate) fn of(seen: T::Seen) -> Self {
        Self { seen }
    }

    pub(crate) fn seen(&self) -> &T::Seen {
        &self.seen
    }
}

impl<T: Single> Found<T> {
    /// The part of the target that a demand is about.
    pub fn look(&self) -> Look<'_> {
        Look::of(0, T::sight(&self.seen))
    }
}

impl<A: Single, B: Single> Found<(A, B)> {
    pub fn first(&self) -> Look<'_> {
        Look::of(0, A::sight(&self.seen.0))
    }

    pub fn second(&self) -> Look<'_> {
        Look::of(1, B::sight(&self.seen.1))
    }
}

impl<A: Single, B: Single, C: Single> Found<(A, B, C)> {
    pub fn first(&self) -> Look<'_> {
        Look::of(0, A::sight(&self.seen.0))
    }

    pub fn second(&self) -> Look<'_> {
        Look::of(1, B::sight(&self.seen.1))
    }

    pub fn third(&self) -> Look<'_> {
        Look::of(2, C::sight(&self.seen.2))
    }
}

/// A thing, a thing that may be missing, two or three of them, or nothing. Only the kernel implements it.
pub trait Target: sealed::Sealed + Send + Sync + Sized + 'static {
    type Name: Send + Sync + 'static;
    type Seen: Send + Sync + 'static;
    type Allowed<'a>;
    /// How many parts have to be named by demands.
    const PARTS: usize;

    fn find(
        name: &Self::Name,
        scene: &Scene,
        reads: &mut Reads<'_, ()>,
    ) -> impl Future<Output = Result<Self::Seen, Breakage>> + Send;

    /// The not-found fault of the first part that must be there and is missing.
    fn missing(name: &Self::Name, seen: &Self::Seen, scene: &Scene) -> Option<Failure>;

    fn identities(seen: &Self::Seen, out: &mut Vec<Identity>);

    fn resources(seen: &Self::Seen, out: &mut Vec<Mention>);

    /// A condition key of one part of the target.
    fn fact<'a>(seen: &'a Self::Seen, part: usize, key: &str, caller: &Caller) -> Option<Fact<'a>>;

    /// Only where nothing is missing that must be there.
    fn allowed<'a>(seen: &'a Self::Seen, mint: &Mint) -> Self::Allowed<'a>;
}

/// A target of one part.
pub trait Single: Target {
    fn sight(seen: &Self::Seen) -> Sight;
}

mod sealed {
    pub trait Sealed {}
    impl<T: super::Thing> Sealed for T {}
    impl<T: super::Thing> Sealed for Option<T> {}
    impl<A: super::Single, B: super::Single> Sealed for (A, B) {}
    impl<A: super::Single, B: super::Single, C: super::Single> Sealed for (A, B, C) {}
    impl Sealed for super::Nothing {}
}

/// A thing as it was found, or its name's ARN.
pub struct Spot<T: Thing> {
    thing: Option<T>,
    arn: Arn,
}

async fn spot<T: Thing>(name: &T::Name, scene: &Scene, reads: &mut Reads<'_, ()>) -> Result<Spot<T>, Breakage> {
    let thing = T::find(name, scene, &mut reads.of()).await?;
    let arn = thing.as_ref().map_or_else(|| T::named(name, scene), T::arn);
    Ok(Spot { thing, arn })
}

fn push_resource<T: Thing>(seen: &Spot<T>, out: &mut Vec<Mention>) {
    if !T::TYPE.is_empty() {
        out.push(Mention { arn: seen.arn.clone(), kind: T::TYPE });
    }
}

fn sight<T: Thing>(seen: &Spot<T>) -> Sight {
    Sight { arn: seen.arn.clone(), side: seen.thing.as_ref().map_or(Side::Unpolicied, T::policy) }
}

impl<T: Thing> Target for T {
    type Name = T::Name;
    type Seen = Spot<T>;
    type Allowed<'a> = Allowed<'a, T>;
    const PARTS: usize = 1;

    async fn find(name: &Self::Name, scene: &Scene, reads: &mut Reads<'_, ()>) -> Result<Spot<T>, Breakage> {
        spot(name, scene, reads).await
    }

    fn missing(name: &Self::Name, seen: &Spot<T>, scene: &Scene) -> Option<Failure> {
        seen.thing.is_none().then(|| Failure::of(&T::not_found(name, scene)))
    }

    fn identities(seen: &Spot<T>, out: &mut Vec<Identity>) {
        out.extend(seen.thing.as_ref().map(T::identity));
    }

    fn resources(seen: &Spot<T>, out: &mut Vec<Mention>) {
        push_resource(seen, out);
    }

    fn fact<'a>(seen: &'a Spot<T>, _: usize, key: &str, caller: &Caller) -> Option<Fact<'a>> {
        seen.thing.as_ref().and_then(|thing| thing.fact(key, caller))
    }

    #[expect(
        clippy::panic,
        reason = "a broken invariant of the house's own: the gate answers not-found before it acts"
    )]
    fn allowed<'a>(seen: &'a Spot<T>, mint: &Mint) -> Allowed<'a, T> {
        // INVARIANT: the gate makes no `Authorized` while `missing` names something.
        let Some(thing) = &seen.thing else { panic!("a missing target was allowed") };
        Allowed::assertion(mint, thing)
    }
}

impl<T: Thing> Single for T {
    fn sight(seen: &Spot<T>) -> Sight {
        sight(seen)
    }
}

impl<T: Thing> Target for Option<T> {
    type Name = T::Name;
    type Seen = Spot<T>;
    type Allowed<'a> = Option<Allowed<'a, T>>;
    const PARTS: usize = 1;

    async fn find(name: &Self::Name, scene: &Scene, reads: &mut Reads<'_, ()>) -> Result<Spot<T>, Breakage> {
        spot(name, scene, reads).await
    }

    fn missing(_: &Self::Name, _: &Spot<T>, _: &Scene) -> Option<Failure> {
        None
    }

    /// A target that may be missing binds nothing.
    fn identities(_: &Spot<T>, _: &mut Vec<Identity>) {}

    fn resources(seen: &Spot<T>, out: &mut Vec<Mention>) {
        push_resource(seen, out);
    }

    fn fact<'a>(seen: &'a Spot<T>, _: usize, key: &str, caller: &Caller) -> Option<Fact<'a>> {
        seen.thing.as_ref().and_then(|thing| thing.fact(key, caller))
    }

    fn allowed<'a>(seen: &'a Spot<T>, mint: &Mint) -> Option<Allowed<'a, T>> {
        seen.thing.as_ref().map(|thing| Allowed::assertion(mint, thing))
    }
}

impl<T: Thing> Single for Option<T> {
    fn sight(seen: &Spot<T>) -> Sight {
        sight(seen)
    }
}

impl<A: Single, B: Single> Target for (A, B) {
    type Name = (A::Name, B::Name);
    type Seen = (A::Seen, B::Seen);
    type Allowed<'a> = (A::Allowed<'a>, B::Allowed<'a>);
    const PARTS: usize = 2;

    async fn find(name: &Self::Name, scene: &Scene, reads: &mut Reads<'_, ()>) -> Result<Self::Seen, Breakage> {
        Ok((A::find(&name.0, scene, reads).await?, B::find(&name.1, scene, reads).await?))
    }

    fn missing(name: &Self::Name, seen: &Self::Seen, scene: &Scene) -> Option<Failure> {
        A::missing(&name.0, &seen.0, scene).or_else(|| B::missing(&name.1, &seen.1, scene))
    }

    fn identities(seen: &Self::Seen, out: &mut Vec<Identity>) {
        A::identities(&seen.0, out);
        B::identities(&seen.1, out);
    }

    fn resources(seen: &Self::Seen, out: &mut Vec<Mention>) {
        A::resources(&seen.0, out);
        B::resources(&seen.1, out);
    }

    fn fact<'a>(seen: &'a Self::Seen, part: usize, key: &str, caller: &Caller) -> Option<Fact<'a>> {
        match part {
            0 => A::fact(&seen.0, 0, key, caller),
            _ => B::fact(&seen.1, 0, key, caller),
        }
    }

    fn allowed<'a>(seen: &'a Self::Seen, mint: &Mint) -> Self::Allowed<'a> {
        (A::allowed(&seen.0, mint), B::allowed(&seen.1, mint))
    }
}

impl<A: Single, B: Single, C: Single> Target for (A, B, C) {
    type Name = (A::Name, B::Name, C::Name);
    type Seen = (A::Seen, B::Seen, C::Seen);
    type Allowed<'a> = (A::Allowed<'a>, B::Allowed<'a>, C::Allowed<'a>);
    const PARTS: usize = 3;

    async fn find(name: &Self::Name, scene: &Scene, reads: &mut Reads<'_, ()>) -> Result<Self::Seen, Breakage> {
        let first = A::find(&name.0, scene, reads).await?;
        Ok((first, B::find(&name.1, scene, reads).await?, C::find(&name.2, scene, reads).await?))
    }

    fn missing(name: &Self::Name, seen: &Self::Seen, scene: &Scene) -> Option<Failure> {
        A::missing(&name.0, &seen.0, scene)
            .or_else(|| B::missing(&name.1, &seen.1, scene))
            .or_else(|| C::missing(&name.2, &seen.2, scene))
    }

    fn identities(seen: &Self::Seen, out: &mut Vec<Identity>) {
        A::identities(&seen.0, out);
        B::identities(&seen.1, out);
        C::identities(&seen.2, out);
    }

    fn resources(seen: &Self::Seen, out: &mut Vec<Mention>) {
        A::resources(&seen.0, out);
        B::resources(&seen.1, out);
        C::resources(&seen.2, out);
    }

    fn fact<'a>(seen: &'a Self::Seen, part: usize, key: &str, caller: &Caller) -> Option<Fact<'a>> {
        match part {
            0 => A::fact(&seen.0, 0, key, caller),
            1 => B::fact(&seen.1, 0, key, caller),
            _ => C::fact(&seen.2, 0, key, caller),
        }
    }

    fn allowed<'a>(seen: &'a Self::Seen, mint: &Mint) -> Self::Allowed<'a> {
        (A::allowed(&seen.0, mint), B::allowed(&seen.1, mint), C::allowed(&seen.2, mint))
    }
}

/// The target of calls that are about no single thing: they are judged on `*`.
pub struct Nothing;

impl Target for Nothing {
    type Name = ();
    type Seen = ();
    type Allowed<'a> = ();
    const PARTS: usize = 0;

    async fn find((): &(), _: &Scene, _: &mut Reads<'_, ()>) -> Result<(), Breakage> {
        Ok(())
    }

    fn missing((): &(), (): &(), _: &Scene) -> Option<Failure> {
        None
    }

    fn identities((): &(), _: &mut Vec<Identity>) {}

    fn resources((): &(), _: &mut Vec<Mention>) {}

    fn fact<'a>((): &'a (), _: usize, _: &str, _: &Caller) -> Option<Fact<'a>> {
        None
    }

    fn allowed((): &(), _: &Mint) {}
}

impl Found<Nothing> {
    /// All resources of the caller's account.
    pub fn look(&self) -> Look<'_> {
        Look::everything()
    }
}
