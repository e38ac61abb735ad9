//! The condition keys of a request, computed when a policy asks for them.
//!
//! Each global key is one row of [`GLOBAL`]; a key that is not here and that neither service, demand nor target knows is absent, which
//! is not the same as false. The keys that describe the caller (`aws:username` and its kind) the policy crate answers by itself:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>.

use crate::demands::Demand;
use crate::record::host;
use crate::steps::Steps;
use crate::{Caller, Scene, Service};
use policy::{Fact, Facts};
use std::any::Any;
use std::borrow::Cow;

/// All that a request says about itself, for one demand.
pub(crate) struct Request<'a> {
    pub asked: Asked<'a>,
    pub steps: &'static dyn Steps,
    pub found: &'a (dyn Any + Send + Sync),
}

/// The same without the target's own keys.
pub(crate) struct Asked<'a> {
    pub caller: &'a Caller,
    pub scene: &'a Scene,
    pub service: &'static Service,
    pub demand: &'a Demand,
    /// The caller's own tags.
    pub tags: &'a [(String, String)],
}

impl Facts for Request<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        let asked = &self.asked;
        let of_target = |part| self.steps.fact(self.found, part, key, asked.caller);
        asked.fact(key).or_else(|| asked.demand.part.and_then(of_target))
    }
}

impl Facts for Asked<'_> {
    fn fact(&self, key: &str) -> Option<Fact<'_>> {
        if let Some((_, compute)) = GLOBAL.iter().find(|(name, _)| *name == key) {
            return compute(self);
        }
        if let Some(wanted) = key.strip_prefix("aws:principaltag/") {
            let tag = self.tags.iter().find(|(name, _)| name.to_lowercase() == wanted);
            return tag.map(|(_, value)| one(value.as_str()));
        }
        if let Some((_, fact)) = self.demand.facts.iter().find(|(name, _)| name == key) {
            return Some(borrowed(fact));
        }
        (self.service.fact)(self.caller, key)
    }
}

type Compute = for<'a> fn(&'a Asked<'_>) -> Option<Fact<'a>>;

/// One row a global condition key, in lower case.
const GLOBAL: &[(&str, Compute)] = &[
    ("aws:calledvia", |r| many(r.caller.chain().iter().map(|via| host(via)))),
    ("aws:calledviafirst", |r| r.caller.chain().first().map(|via| one(host(via)))),
    ("aws:calledvialast", |r| r.caller.chain().last().map(|via| one(host(via)))),
    ("aws:currenttime", |r| Some(one(r.scene.now.iso()))),
    ("aws:epochtime", |r| Some(one(r.scene.now.seconds().to_string()))),
    // Absent, not false, with long-term keys.
    ("aws:multifactorauthage", |r| {
        let shown = r.caller.session()?.second_factor?;
        Some(one(r.scene.now.seconds().saturating_sub(shown.seconds()).max(0).to_string()))
    }),
    ("aws:multifactorauthpresent", |r| r.caller.session().map(|session| truth(session.second_factor.is_some()))),
    ("aws:requestedregion", |r| Some(one(r.scene.region.to_string()))),
    ("aws:resourceaccount", |r| r.demand.account().map(|account| one(account.to_string()))),
    ("aws:securetransport", |r| Some(truth(r.caller.origin().tls.is_some()))),
    ("aws:sourceip", |r| r.caller.origin().source.map(|address| one(address.to_string()))),
    ("aws:sourceidentity", |r| text(r.caller.session()?.source_identity.as_deref()?)),
    ("aws:tokenissuetime", |r| r.caller.session().map(|session| one(session.issued.iso()))),
    ("aws:useragent", |r| text(&r.caller.origin().user_agent)),
    ("aws:viaawsservice", |r| Some(truth(r.caller.via().is_some()))),
];

fn one<'a>(value: impl Into<Cow<'a, str>>) -> Fact<'a> {
    Fact::One(value.into())
}

fn text(value: &str) -> Option<Fact<'_>> {
    (!value.is_empty()).then_some(Fact::One(Cow::Borrowed(value)))
}

fn truth(value: bool) -> Fact<'static> {
    one(if value { "true" } else { "false" })
}

fn many<'a>(values: impl Iterator<Item = String>) -> Option<Fact<'a>> {
    let values: Vec<_> = values.map(Cow::Owned).collect();
    (!values.is_empty()).then_some(Fact::Many(values))
}

fn borrowed<'a>(fact: &'a Fact<'static>) -> Fact<'a> {
    match fact {
        Fact::One(value) => Fact::One(Cow::Borrowed(value)),
        Fact::Many(values) => Fact::Many(values.iter().map(|value| Cow::Borrowed(value.as_ref())).collect()),
    }
}
