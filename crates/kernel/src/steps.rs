//! One operation without its type: a thin shell over each, so that the gate itself is not generic and is compiled once.

use crate::demands::Demands;
use crate::desk::{Desk, Reads};
use crate::house::Wait;
use crate::{Assumed, Mention, Scene, Stop, Target};
use crate::{
    Authorized, Breakage, Caller, Class, Failure, Fault, Found, InputOf, Operation, OutputOf, Outside, Remarks,
};
use policy::Fact;
use secret::{Identity, Mint};
use shape::{Malformed, OperationModel, OperationShape, Read, Report, Sink, Source, Write};
use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::sync::Arc;

/// A value whose type only the shell knows.
pub(crate) type Erased = Box<dyn Any + Send + Sync>;
/// What an operation answers, for its caller and for the trail.
pub(crate) type Answer = Arc<dyn Any + Send + Sync>;
type Seen = dyn Any + Send + Sync;

/// What a call has gathered when it is authorized. The gate makes it; it is `Copy`, so that each step gets its own.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub input: &'a Seen,
    pub found: &'a Seen,
    pub caller: &'a Caller,
    pub scene: &'a Scene,
    pub mint: &'static Mint,
}

/// How `prepare` or `apply` ended badly, without the service's type.
pub(crate) enum Halt {
    Failed(Failure),
    Broken(Breakage),
}

pub(crate) trait Steps: Send + Sync {
    fn model(&self) -> &'static OperationModel;
    fn class(&self) -> Class;
    /// The shape, by which other services call.
    fn shape(&self) -> TypeId;
    fn read(&self, source: &mut dyn Source, report: &mut Report) -> Result<Option<Erased>, Malformed>;
    fn aim(&self, input: &Seen) -> Result<Erased, Failure>;
    fn find<'a>(&self, aim: &'a Seen, scene: &'a Scene, reads: Reads<'a, ()>) -> Wait<'a, Result<Erased, Breakage>>;
    fn demands(&self, input: &Seen, found: &Seen) -> Demands;
    fn parts(&self) -> usize;
    fn fact<'a>(&self, found: &'a Seen, part: usize, key: &str, caller: &Caller) -> Option<Fact<'a>>;
    fn missing(&self, aim: &Seen, found: &Seen, scene: &Scene) -> Option<Failure>;
    fn identities(&self, found: &Seen) -> Vec<Identity>;
    fn resources(&self, found: &Seen) -> Vec<Mention>;
    fn dry_run(&self, input: &Seen) -> Result<Option<Failure>, Breakage>;
    fn assumed(&self, input: &Seen) -> Vec<(&'static str, Assumed)>;
    fn check(&self, parts: Parts<'_>) -> Result<(), Failure>;
    fn conflict(&self) -> Failure;
    fn prepare<'a>(&self, parts: Parts<'a>, outside: &'a mut Outside<'_>) -> Wait<'a, Result<Erased, Halt>>;
    fn apply<'a>(&self, parts: Parts<'a>, staged: &'a Seen, desk: Desk<'a, ()>) -> Wait<'a, Result<Answer, Halt>>;
    fn remarks(&self, parts: Parts<'_>, staged: &Seen, output: &Seen) -> Remarks;
    fn write_input(&self, input: &Seen, sink: &mut dyn Sink);
    fn write_output(&self, output: &Seen, sink: &mut dyn Sink);
}

/// The shell of one operation. It has no size and no state: tables hold it in a static.
pub(crate) struct Shell<O>(PhantomData<fn() -> O>);

impl<O: Operation> Shell<O> {
    pub(crate) const INSTANCE: Self = Self(PhantomData);
}

#[expect(clippy::panic, reason = "a broken invariant of the house's own: the gate hands back what the same shell made")]
fn known<T: 'static>(value: &Seen) -> &T {
    // INVARIANT: the gate keeps each call's values beside the row that made them, and never mixes two calls.
    let Some(value) = value.downcast_ref() else { panic!("a value of another operation was handed to this one") };
    value
}

fn authorized<O: Operation>(parts: Parts<'_>) -> Authorized<'_, O> {
    Authorized::assertion(known::<InputOf<O>>(parts.input), known::<Found<O::Target>>(parts.found), parts)
}

fn halt<F: Fault>(stop: Stop<F>) -> Halt {
    match stop {
        Stop::Fault(fault) => Halt::Failed(Failure::of(&fault)),
        Stop::Foreign(failure) => Halt::Failed(failure),
        Stop::Broken(breakage) => Halt::Broken(breakage),
    }
}

type NameOf<O> = <<O as Operation>::Target as Target>::Name;

impl<O: Operation> Steps for Shell<O> {
    fn model(&self) -> &'static OperationModel {
        O::Shape::model()
    }

    fn class(&self) -> Class {
        O::TRAIL
    }

    fn shape(&self) -> TypeId {
        TypeId::of::<O::Shape>()
    }

    fn read(&self, source: &mut dyn Source, report: &mut Report) -> Result<Option<Erased>, Malformed> {
        let input = InputOf::<O>::read(O::Shape::model().input, source, report)?;
        Ok(input.map(|input| Box::new(input) as Erased))
    }

    fn aim(&self, input: &Seen) -> Result<Erased, Failure> {
        let aim = O::aim(known(input)).map_err(|fault| Failure::of(&fault))?;
        Ok(Box::new(aim.0))
    }

    fn find<'a>(
        &self,
        aim: &'a Seen,
        scene: &'a Scene,
        mut reads: Reads<'a, ()>,
    ) -> Wait<'a, Result<Erased, Breakage>> {
        Box::pin(async move {
            let seen = O::Target::find(known::<NameOf<O>>(aim), scene, &mut reads).await?;
            Ok(Box::new(Found::<O::Target>::of(seen)) as Erased)
        })
    }

    fn demands(&self, input: &Seen, found: &Seen) -> Demands {
        O::demands(known(input), known(found))
    }

    fn parts(&self) -> usize {
        O::Target::PARTS
    }

    fn fact<'a>(&self, found: &'a Seen, part: usize, key: &str, caller: &Caller) -> Option<Fact<'a>> {
        O::Target::fact(known::<Found<O::Target>>(found).seen(), part, key, caller)
    }

    fn missing(&self, aim: &Seen, found: &Seen, scene: &Scene) -> Option<Failure> {
        O::Target::missing(known::<NameOf<O>>(aim), known::<Found<O::Target>>(found).seen(), scene)
    }

    fn identities(&self, found: &Seen) -> Vec<Identity> {
        let mut identities = Vec::new();
        O::Target::identities(known::<Found<O::Target>>(found).seen(), &mut identities);
        identities
    }

    fn resources(&self, found: &Seen) -> Vec<Mention> {
        let mut resources = Vec::new();
        O::Target::resources(known::<Found<O::Target>>(found).seen(), &mut resources);
        resources
    }

    fn dry_run(&self, input: &Seen) -> Result<Option<Failure>, Breakage> {
        if !O::dry_run(known(input)) {
            return Ok(None);
        }
        O::Fault::dry_run().map(|fault| Some(Failure::of(&fault))).ok_or(Breakage::NoDryRun)
    }

    fn assumed(&self, input: &Seen) -> Vec<(&'static str, Assumed)> {
        O::assumed(known(input))
    }

    fn check(&self, parts: Parts<'_>) -> Result<(), Failure> {
        O::check(&authorized(parts)).map_err(|fault| Failure::of(&fault))
    }

    fn conflict(&self) -> Failure {
        Failure::of(&O::Fault::conflict())
    }

    fn prepare<'a>(&self, parts: Parts<'a>, outside: &'a mut Outside<'_>) -> Wait<'a, Result<Erased, Halt>> {
        Box::pin(async move {
            let staged = O::prepare(&authorized(parts), outside).await.map_err(halt)?;
            Ok(Box::new(staged) as Erased)
        })
    }

    fn apply<'a>(&self, parts: Parts<'a>, staged: &'a Seen, desk: Desk<'a, ()>) -> Wait<'a, Result<Answer, Halt>> {
        Box::pin(async move {
            let mut desk = desk.of::<O::Service>();
            let output = O::apply(&authorized(parts), known(staged), &mut desk).await.map_err(halt)?;
            Ok(Arc::new(output) as Answer)
        })
    }

    fn remarks(&self, parts: Parts<'_>, staged: &Seen, output: &Seen) -> Remarks {
        O::remarks(&authorized::<O>(parts), known(staged), known::<OutputOf<O>>(output))
    }

    fn write_input(&self, input: &Seen, sink: &mut dyn Sink) {
        known::<InputOf<O>>(input).write(O::Shape::model().input, sink);
    }

    fn write_output(&self, output: &Seen, sink: &mut dyn Sink) {
        if let Some(schema) = O::Shape::model().output {
            known::<OutputOf<O>>(output).write(schema, sink);
        }
    }
}
