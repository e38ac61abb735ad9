//! A crooked service: what the types let a careless operation write, and the gate must catch.

use kernel::{
    Action, Aim, Authorized, Breakage, Class, Demands, Desk, Found, Never, Nothing, Operation, Outside, Row, Service,
    Stop, Target,
};
use kernel::{Codes, Validation};
use minicbor::{Decode, Encode};
use names::Arn;
use shape::{EMPTY, Empty, Model, OperationModel, OperationShape};
use shapes_toy::{DeleteBoxInput, RelayNoteInput};
use std::marker::PhantomData;
use store::{NoPrevious, Record, Table};
use toy::{BoxName, Chest, DeleteBox};

pub struct Crooked;

pub static PAGES: Table<Crooked, u32, Page> = Table::new("crooked/pages");

#[derive(Encode, Decode, Clone)]
pub struct Page {
    #[n(0)]
    pub text: String,
}

impl Record for Page {
    const FORMAT: u16 = 1;
    type Previous = NoPrevious;

    fn from_previous(previous: NoPrevious) -> Self {
        match previous {}
    }
}

/// An operation that differs from a good one in one thing.
pub trait Trick: Send + Sync + 'static {
    type Shape: OperationShape<Input = Empty, Output = Empty>;
    type Target: Target;

    fn aim() -> Aim<Self::Target>;

    fn demands(found: &Found<Self::Target>) -> Demands;

    fn prepare(_: &mut Outside<'_>) -> impl Future<Output = Result<(), Stop<Never>>> + Send {
        async { Ok(()) }
    }

    fn apply(_: &mut Desk<'_, Crooked>) -> impl Future<Output = Result<(), Stop<Never>>> + Send {
        async { Ok(()) }
    }
}

pub struct Play<T>(PhantomData<fn() -> T>);

impl<T: Trick> Operation for Play<T> {
    type Shape = T::Shape;
    type Service = Crooked;
    type Target = T::Target;
    type Staged = ();
    type Fault = Never;
    const TRAIL: Class = Class::Management { read_only: false };

    fn aim(_: &Empty) -> Result<Aim<T::Target>, Never> {
        Ok(T::aim())
    }

    fn demands(_: &Empty, found: &Found<T::Target>) -> Demands {
        T::demands(found)
    }

    async fn prepare(_: &Authorized<'_, Self>, outside: &mut Outside<'_>) -> Result<(), Stop<Never>> {
        T::prepare(outside).await
    }

    async fn apply(_: &Authorized<'_, Self>, (): &(), desk: &mut Desk<'_, Crooked>) -> Result<Empty, Stop<Never>> {
        T::apply(desk).await.map(|()| Empty)
    }
}

/// Writes one page and one more for each call.
async fn write(desk: &mut Desk<'_, Crooked>, pages: std::ops::Range<u32>) -> Result<(), Stop<Never>> {
    for page in pages {
        desk.put(&PAGES, &page, Page { text: "written".to_owned() }).await?;
    }
    Ok(())
}

/// Makes the shape, the model and the marker of each trick.
macro_rules! tricks {
    ($($name:ident: $doc:literal),+ $(,)?) => {$(
        #[doc = $doc]
        pub struct $name;

        impl OperationShape for $name {
            const NAME: &'static str = stringify!($name);
            type Input = Empty;
            type Output = Empty;

            fn model() -> &'static OperationModel {
                static MODEL: OperationModel = OperationModel {
                    name: stringify!($name),
                    input: &EMPTY,
                    output: Some(&EMPTY),
                    result_wrapper: "",
                    errors: &[],
                };
                &MODEL
            }
        }
    )+};
}

tricks! {
    JudgesHalf: "Demands something of the first part of a pair, and nothing of the second.",
    BatchOfOne: "Calls itself a batch and has a target.",
    WritingBatch: "A batch that writes.",
    ForeignBatch: "A batch that does other items than its own.",
    CallingBatch: "A batch that calls something by the way.",
    HalfWriter: "Writes, then fails.",
    BreakingWriter: "Writes, then breaks.",
    Writer: "Writes, as it should.",
    LateFailure: "Lets another write, then fails.",
    CopesWithHalf: "Asks a half-writer, does not care how it ends, and writes.",
    CopesWithBreak: "Asks a breaking writer, does not care how it ends, and writes.",
    CopesWithLate: "Asks for a late failure, does not care how it ends, and writes.",
    Bulk: "Writes more than a commit takes.",
    Spiral: "Calls itself.",
    Guarded: "Writes what only some may.",
    CopesWithGuard: "Asks for what only some may, and writes that it did not get it.",
    Borrower: "Calls another service, which calls on.",
    Resolver: "Looks who stands behind a name, before it writes.",
    Stranger: "Calls what no table holds.",
    Nowhere: "Is in no table.",
    Untooled: "Asks for a tool that the house does not have.",
}

const ACT: Action = Action("crooked:Act");
/// What only some may.
const GUARD: Action = Action("crooked:Guard");

impl Trick for JudgesHalf {
    type Shape = Self;
    type Target = (Chest, Chest);

    fn aim() -> Aim<Self::Target> {
        Aim::at((BoxName::parse("one"), BoxName::parse("two")))
    }

    fn demands(found: &Found<Self::Target>) -> Demands {
        Demands::on(ACT, found.first()).and(ACT, found.first())
    }

    async fn apply(desk: &mut Desk<'_, Crooked>) -> Result<(), Stop<Never>> {
        write(desk, 0..1).await
    }
}

impl Trick for BatchOfOne {
    type Shape = Self;
    type Target = Chest;

    fn aim() -> Aim<Chest> {
        Aim::at(BoxName::parse("one"))
    }

    fn demands(_: &Found<Chest>) -> Demands {
        Demands::each::<DeleteBox>()
    }
}

/// Implements tricks without a target.
macro_rules! plays {
    ($($name:ident: $demands:expr, |$outside:ident| $prepare:expr, |$desk:ident| $apply:expr;)+) => {$(
        impl Trick for $name {
            type Shape = Self;
            type Target = Nothing;

            fn aim() -> Aim<Nothing> {
                Aim::at(())
            }

            fn demands(found: &Found<Nothing>) -> Demands {
                let demands: fn(&Found<Nothing>) -> Demands = $demands;
                demands(found)
            }

            async fn prepare($outside: &mut Outside<'_>) -> Result<(), Stop<Never>> {
                $prepare
            }

            async fn apply($desk: &mut Desk<'_, Crooked>) -> Result<(), Stop<Never>> {
                $apply
            }
        }
    )+};
}

fn act(found: &Found<Nothing>) -> Demands {
    Demands::on(ACT, found.look())
}

plays! {
    WritingBatch: |_| Demands::each::<DeleteBox>(), |_outside| Ok(()), |desk| write(desk, 0..1).await;
    ForeignBatch: |_| Demands::each::<DeleteBox>(), |outside| {
        outside.each::<Play<Writer>>([Empty]).await?;
        Ok(())
    }, |_desk| Ok(());
    CallingBatch: |_| Demands::each::<DeleteBox>(), |outside| {
        outside.call::<shapes_toy::DeleteBox>(DeleteBoxInput::new("one".to_owned())).await?;
        Ok(())
    }, |_desk| Ok(());
    HalfWriter: act, |_outside| Ok(()), |desk| {
        write(desk, 0..1).await?;
        Err(Never::Conflict.into())
    };
    BreakingWriter: act, |_outside| Ok(()), |desk| {
        write(desk, 0..1).await?;
        Err(kernel::Breakage::Unreadable.into())
    };
    Writer: act, |_outside| Ok(()), |desk| write(desk, 1..2).await;
    LateFailure: act, |outside| {
        outside.call::<Writer>(Empty).await?;
        Err(Never::Conflict.into())
    }, |_desk| Ok(());
    CopesWithHalf: act, |outside| {
        let _ = outside.call::<HalfWriter>(Empty).await;
        Ok(())
    }, |desk| write(desk, 2..3).await;
    CopesWithBreak: act, |outside| {
        let _ = outside.call::<BreakingWriter>(Empty).await;
        Ok(())
    }, |desk| write(desk, 2..3).await;
    CopesWithLate: act, |outside| {
        let _ = outside.call::<LateFailure>(Empty).await;
        Ok(())
    }, |desk| write(desk, 2..3).await;
    Bulk: act, |_outside| Ok(()), |desk| write(desk, 0..5_000).await;
    Spiral: act, |outside| {
        outside.call::<Spiral>(Empty).await?;
        Ok(())
    }, |_desk| Ok(());
    Guarded: |found| Demands::on(GUARD, found.look()), |_outside| Ok(()), |desk| write(desk, 3..4).await;
    CopesWithGuard: act, |outside| {
        let _ = outside.call::<Guarded>(Empty).await;
        Ok(())
    }, |desk| write(desk, 4..5).await;
    Borrower: act, |outside| {
        outside.call::<shapes_toy::RelayNote>(RelayNoteInput { name: "one".to_owned() }).await?;
        Ok(())
    }, |desk| write(desk, 6..7).await;
    Resolver: act, |outside| {
        outside.resolve(&Arn::parse("arn:aws:iam::111122223333:user/carol").map_err(|_| Breakage::NoSuchTool)?).await?;
        Ok(())
    }, |desk| write(desk, 7..8).await;
    Stranger: act, |outside| {
        outside.call::<Nowhere>(Empty).await?;
        Ok(())
    }, |_desk| Ok(());
    Untooled: act, |outside| {
        outside.tool::<u32>()?;
        Ok(())
    }, |_desk| Ok(());
}

static MODEL: Model = Model {
    name: "crooked",
    signing_name: "crooked",
    endpoint_prefix: "crooked",
    api_version: "2026-01-01",
    target_prefix: "Crooked",
    xml_namespace: "",
    protocols: &[],
    operations: &[],
    errors: &[],
    known: &[],
};

pub static SERVICE: Service = Service {
    name: "crooked",
    endpoints: &["crooked"],
    model: &MODEL,
    validation: Validation::JSON,
    codes: Codes::JSON,
    clock_window_seconds: 300,
    global: false,
    fact: |_, _| None,
    rows: &[
        Row::of::<Play<BatchOfOne>>(),
        Row::of::<Play<Borrower>>(),
        Row::of::<Play<BreakingWriter>>(),
        Row::of::<Play<Bulk>>(),
        Row::of::<Play<CallingBatch>>(),
        Row::of::<Play<CopesWithBreak>>(),
        Row::of::<Play<CopesWithGuard>>(),
        Row::of::<Play<CopesWithHalf>>(),
        Row::of::<Play<CopesWithLate>>(),
        Row::of::<Play<ForeignBatch>>(),
        Row::of::<Play<Guarded>>(),
        Row::of::<Play<HalfWriter>>(),
        Row::of::<Play<JudgesHalf>>(),
        Row::of::<Play<LateFailure>>(),
        Row::of::<Play<Resolver>>(),
        Row::of::<Play<Spiral>>(),
        Row::of::<Play<Stranger>>(),
        Row::of::<Play<Untooled>>(),
        Row::of::<Play<Writer>>(),
        Row::of::<Play<WritingBatch>>(),
    ],
    tasks: &[],
};
