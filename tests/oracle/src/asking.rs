//! One request after another: who asks, what papers he brings, and what the call has to say.

use crate::alphabet::{
    BUCKET_ACTIONS, CONDITION_KEYS, KEY_ACTIONS, KEYS, OBJECTS, OURS, PROVIDERS, ROLE_ACTIONS, ROLES, SERVICES, Sort,
    THEIRS,
};
use crate::dice::Dice;
use crate::request::{Asked, Caller, Values};
use crate::town::{Paper, Town};
use std::collections::BTreeMap;

/// What a request acts upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upon {
    Key,
    Bucket,
    Role,
    /// Something that has no policy, or nothing at all.
    Bare,
}

/// A question, with the papers that bear on it.
pub struct Case<'a> {
    pub asked: Asked,
    pub upon: Upon,
    pub identity: Vec<&'a Paper>,
    pub boundary: Option<&'a Paper>,
    pub session: Option<Vec<&'a Paper>>,
    pub guardrails: Vec<Vec<&'a Paper>>,
    pub resource: Option<&'a Paper>,
    pub grant: bool,
}

/// The unique id of the user or role of this ARN.
pub fn id_of(arn: &str) -> String {
    let place = if arn.contains(THEIRS) { '4' } else { '1' };
    match arn.rsplit_once('/').map(|(_, name)| name) {
        Some("alice") => format!("AIDAAAAAAAAAAAAALICE{place}"),
        Some("Alice") => format!("AIDAAAAAAAAAAAAALOUD{place}"),
        Some("bob") => format!("AIDAAAAAAAAAAAAAABOB{place}"),
        Some("App") => format!("AROAAAAAAAAAAAAAAPP1{place}"),
        _ => format!("AROAAAAAAAAAAAAAOPS1{place}"),
    }
}

pub fn case<'a>(dice: &mut Dice, town: &'a Town) -> Case<'a> {
    let upon =
        *dice.pick(&[Upon::Key, Upon::Key, Upon::Key, Upon::Key, Upon::Bucket, Upon::Bucket, Upon::Role, Upon::Bare]);
    let caller = caller(dice);
    let is_root = matches!(caller, Caller::Root { .. });
    let is_own = caller.account().is_some();
    let may_have = |yes: bool| yes && is_own && !is_root;
    let identity_count = if may_have(true) { dice.below(4) } else { 0 };
    let identity = (0..identity_count).map(|_| dice.pick(&town.identity)).collect();
    let boundary = may_have(dice.percent(25)).then(|| either(dice, town));
    let session = match caller {
        Caller::Session { .. } => dice.percent(35),
        Caller::Federated { .. } => dice.percent(75),
        _ => false,
    };
    let session = session.then(|| (0..dice.below(3)).map(|_| either(dice, town)).collect());
    let levels = if is_own && dice.percent(25) { 1 + dice.below(2) } else { 0 };
    let guardrails = (0..levels).map(|_| (0..=dice.below(2)).map(|_| dice.pick(&town.wide)).collect()).collect();
    let resource = match upon {
        Upon::Key => Some(dice.pick(&town.keys)),
        Upon::Role => Some(dice.pick(&town.roles)),
        Upon::Bucket => dice.percent(85).then(|| dice.pick(&town.buckets)),
        Upon::Bare => None,
    };
    let grant = upon == Upon::Key && caller != Caller::Anonymous && dice.percent(12);
    Case { asked: asked(dice, caller, upon), upon, identity, boundary, session, guardrails, resource, grant }
}

fn either<'a>(dice: &mut Dice, town: &'a Town) -> &'a Paper {
    let wide = dice.percent(60);
    dice.pick(if wide { &town.wide } else { &town.identity })
}

fn caller(dice: &mut Dice) -> Caller {
    let account = if dice.percent(80) { OURS } else { THEIRS }.to_owned();
    let id = |kind: &str, name: &str| id_of(&format!("arn:aws:iam::{account}:{kind}/{name}"));
    match dice.below(20) {
        0 => Caller::Anonymous,
        1 => Caller::Service { name: (*dice.pick(SERVICES)).to_owned() },
        2 => Caller::Vouched { provider: (*dice.pick(PROVIDERS)).to_owned() },
        3 => Caller::Root { account },
        4..=6 => Caller::Federated {
            user_id: id("user", "alice"),
            name: (*dice.pick(&["guest", "guest", "Guest"])).to_owned(),
            user: "alice".to_owned(),
            account,
        },
        7..=12 => {
            let role = *dice.pick(&["App", "App", "team/Ops"]);
            let session = (*dice.pick(&["build", "build", "Build"])).to_owned();
            Caller::Session { id: id("role", role), role: role.to_owned(), session, account }
        }
        _ => {
            let name = *dice.pick(&["alice", "alice", "alice", "Alice", "team/bob"]);
            Caller::User { id: id("user", name), name: name.to_owned(), account }
        }
    }
}

fn asked(dice: &mut Dice, caller: Caller, upon: Upon) -> Asked {
    let (actions, resources) = match upon {
        Upon::Key => (KEY_ACTIONS, KEYS),
        Upon::Bucket => (BUCKET_ACTIONS, OBJECTS),
        Upon::Role => (ROLE_ACTIONS, ROLES),
        Upon::Bare => (KEY_ACTIONS, KEYS),
    };
    let nothing = upon == Upon::Bare && dice.percent(60);
    let owner = if dice.percent(90) { OURS } else { THEIRS };
    let resource = if nothing { "*" } else { *dice.pick(resources) };
    Asked {
        caller,
        action: (*dice.pick(actions)).to_owned(),
        resource: resource.replace(OURS, owner),
        owner: (!nothing).then(|| owner.to_owned()),
        facts: facts(dice),
    }
}

fn facts(dice: &mut Dice) -> BTreeMap<String, Values> {
    let mut told = BTreeMap::new();
    for (key, sort, values, _) in CONDITION_KEYS.iter().filter(|(_, _, values, _)| !values.is_empty()) {
        if dice.percent(35) {
            continue;
        }
        let value = |dice: &mut Dice| (*dice.pick(values)).to_owned();
        let fact = match sort {
            Sort::Texts => Values::Many((0..dice.below(4)).map(|_| value(dice)).collect()),
            _ => Values::One(value(dice)),
        };
        told.insert(key.to_lowercase(), fact);
    }
    told
}
