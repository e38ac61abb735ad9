//! Who may: what an operation asks of the policies.

use crate::target::Side;
use names::{AccountId, Arn};
use policy::Fact;
use std::borrow::Cow;
use std::marker::PhantomData;

/// An IAM action: `kms:Decrypt`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Action(pub &'static str);

/// What has to be allowed before a call may act. All of it has to pass; there is no empty one.
pub struct Demands {
    pub(crate) kind: Kind,
    pub(crate) words: Option<&'static str>,
}

pub(crate) enum Kind {
    Judged(Vec<Demand>),
    Open(&'static str),
    Internal(&'static str, &'static str),
    Each(std::any::TypeId),
}

/// One action upon one part of the target.
pub(crate) struct Demand {
    pub action: Action,
    pub part: Option<usize>,
    /// `None` where the demand is about no single thing.
    pub arn: Option<Arn>,
    pub side: Side,
    pub facts: Vec<(Cow<'static, str>, Fact<'static>)>,
}

/// A part of the target as a demand sees it. Only the kernel makes one, out of what was found.
pub struct Look<'a> {
    part: Option<usize>,
    sight: Option<Sight>,
    found: PhantomData<&'a ()>,
}

/// What a look sees.
pub struct Sight {
    pub(crate) arn: Arn,
    pub(crate) side: Side,
}

impl Look<'_> {
    pub(crate) fn of(part: usize, sight: Sight) -> Self {
        Self { part: Some(part), sight: Some(sight), found: PhantomData }
    }

    pub(crate) fn everything() -> Self {
        Self { part: None, sight: None, found: PhantomData }
    }
}

impl Demands {
    /// The caller must be allowed `action` upon what `look` sees.
    pub fn on(action: Action, look: Look<'_>) -> Self {
        Self { kind: Kind::Judged(vec![Demand::of(action, look)]), words: None }
    }

    /// … and this as well.
    pub fn and(mut self, action: Action, look: Look<'_>) -> Self {
        if let Kind::Judged(demands) = &mut self.kind {
            demands.push(Demand::of(action, look));
        }
        self
    }

    /// A condition key of the request, for the demand named last. The key is written in lower case.
    pub fn fact(mut self, key: impl Into<Cow<'static, str>>, value: Fact<'static>) -> Self {
        if let Kind::Judged(demands) = &mut self.kind
            && let Some(last) = demands.last_mut()
        {
            last.know(key.into(), value);
        }
        self
    }

    /// The words of the refusal, where AWS hides more than its usual text would.
    pub fn worded(mut self, words: &'static str) -> Self {
        self.words = Some(words);
        self
    }

    /// Nobody is refused. Each reason stands in a reviewed list that may only shrink.
    pub fn open(reason: &'static str) -> Self {
        Self { kind: Kind::Open(reason), words: None }
    }

    /// Only the service itself, on its rounds: what must happen whatever the policies say.
    pub fn internal(service: &'static str, reason: &'static str) -> Self {
        Self { kind: Kind::Internal(service, reason), words: None }
    }

    /// A batch: each item is judged as a call of `O`, and the batch may call nothing else.
    pub fn each<O: crate::Operation>() -> Self {
        Self { kind: Kind::Each(std::any::TypeId::of::<O>()), words: None }
    }
}

impl Demand {
    /// Names of condition keys know no case, tags and encryption contexts do: two that differ by case alone are one condition key with
    /// both values, so that a Deny meets the one whichever the other is.
    fn know(&mut self, key: Cow<'static, str>, value: Fact<'static>) {
        let Some((_, known)) = self.facts.iter_mut().find(|(name, _)| *name == key) else {
            return self.facts.push((key, value));
        };
        let values = |fact: &Fact<'static>| match fact {
            Fact::One(value) => vec![value.clone()],
            Fact::Many(values) => values.clone(),
        };
        let both = values(known).into_iter().chain(values(&value)).collect();
        *known = Fact::Many(both);
    }

    fn of(action: Action, look: Look<'_>) -> Self {
        let (arn, side) = look.sight.map(|sight| (sight.arn, sight.side)).unzip();
        Self { action, part: look.part, arn, side: side.unwrap_or(Side::Unpolicied), facts: Vec::new() }
    }

    /// The resource as policies name it.
    pub(crate) fn resource(&self) -> &str {
        self.arn.as_ref().map_or("*", Arn::as_str)
    }

    /// The account of the resource.
    pub(crate) fn account(&self) -> Option<AccountId> {
        self.arn.as_ref().and_then(Arn::account_id)
    }
}
