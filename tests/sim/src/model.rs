//! The reference: what keys, aliases, users and policies there are, and what each call has to be answered.

use crate::ask::{ACTIONS, Ask, Told, Verdict, Who};
use crate::documents::{alias_name, key_policy, policy_name, user_arn, user_name, user_policy};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Model {
    pub keys: BTreeMap<String, Key>,
    pub gone: BTreeSet<String>,
    pub aliases: BTreeMap<u8, String>,
    pub users: BTreeMap<u8, User>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Key {
    disabled: bool,
    /// Microseconds since 1970.
    pub deletion: Option<i64>,
    denies: Option<(u8, usize)>,
    tags: BTreeMap<u8, u8>,
    description: Option<u8>,
    /// It still has the policy with which it was made.
    own_policy: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct User {
    allow: Option<u32>,
    deny: Option<u32>,
    /// AdministratorAccess is attached.
    everything: bool,
    pub keys: BTreeMap<String, bool>,
}

pub const ADMINISTRATOR: &str = "administrator";
pub const EVERYTHING: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const ACCESS_KEYS_PER_USER: usize = 2;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// What a call found, or the code with which it was refused.
type Outcome = Result<Option<Told>, &'static str>;

const NOTHING: Outcome = Ok(Some(Told::Nothing));

impl Model {
    /// What a call is answered that was let in, judged and carried out upon these three states. A call that writes sees one state alone;
    /// one that only reads may see a later one at each step, and finds what it names before it is judged.
    pub fn verdict([door, judge, found]: [&Self; 3], who: &Who, ask: &Ask) -> Verdict {
        if !door.admits(who) {
            return Verdict::Unadmitted;
        }
        // What is told nothing may be found wanting before it is judged.
        if let Ask::Other(_) = ask {
            return Verdict::Any;
        }
        if !judge.allows(who, ask, found) {
            return Verdict::Refused("AccessDenied");
        }
        let of_keys = ACTIONS.contains(&ask.name());
        let outcome = if of_keys { found.of_keys(ask) } else { found.of_users(judge, who, ask) };
        outcome.map_or_else(Verdict::Refused, Verdict::Done)
    }

    fn admits(&self, who: &Who) -> bool {
        let Who::Holder(id) = who else { return true };
        self.users.values().any(|user| user.keys.get(id) == Some(&true))
    }

    /// The name and what there is of him.
    fn holder(&self, id: &str) -> Option<(u8, &User)> {
        self.users.iter().find(|(_, user)| user.keys.contains_key(id)).map(|(number, user)| (*number, user))
    }

    fn allows(&self, who: &Who, ask: &Ask, found: &Self) -> bool {
        let Who::Holder(id) = who else { return true };
        if *ask == Ask::Plain("GetCallerIdentity") {
            return true;
        }
        let Some((number, user)) = self.holder(id) else { return false };
        let Some(action) = ACTIONS.iter().position(|action| *action == ask.name()) else { return user.everything };
        let has = |mask: Option<u32>| mask.is_some_and(|mask| mask & (1 << action) != 0);
        let behind = match ask {
            Ask::UpdateAlias(alias, _) | Ask::DeleteAlias(alias) => found.aliases.get(alias),
            _ => None,
        };
        let mut keys = ask.named().into_iter().chain(behind).filter_map(|key| found.keys.get(key));
        let denied = has(user.deny) || keys.any(|key| key.denies == Some((number, action)));
        (user.everything || has(user.allow)) && !denied
    }

    fn of_keys(&self, ask: &Ask) -> Outcome {
        let pending = |key: &Key| if key.deletion.is_some() { Err("KMSInvalidStateException") } else { Ok(()) };
        if let Ask::UpdateAlias(alias, _) | Ask::DeleteAlias(alias) = ask
            && !self.aliases.contains_key(alias)
        {
            return Err("NotFoundException");
        }
        let Some(id) = ask.named() else { return self.of_no_key(ask) };
        let key = self.keys.get(id).ok_or("NotFoundException")?;
        match ask {
            Ask::Key(operation, _) => return key.answer(operation),
            Ask::Decrypt { plain, .. } => {
                key.usable()?;
                return Ok(Some(Told::Bytes(plain.clone())));
            }
            Ask::PutKeyPolicy(..) => {}
            Ask::CreateAlias(alias, _) if self.aliases.contains_key(alias) => return Err("AlreadyExistsException"),
            _ => pending(key)?,
        }
        NOTHING
    }

    fn of_no_key(&self, ask: &Ask) -> Outcome {
        match ask {
            Ask::Plain("ListAliases") => {
                let pairs = self.aliases.iter().map(|(alias, key)| (alias_name(*alias), key.clone()));
                Ok(Some(Told::Pairs(pairs.collect())))
            }
            Ask::Plain("ListKeys") => Ok(Some(names(self.keys.keys().cloned()))),
            Ask::Plain(_) => Ok(None),
            _ => NOTHING,
        }
    }

    fn of_users(&self, judge: &Self, who: &Who, ask: &Ask) -> Outcome {
        let user = |number: &u8| self.users.get(number).ok_or("NoSuchEntity");
        match ask {
            Ask::Plain(operation) => return Ok(self.told(operation, judge, who)),
            Ask::User("CreateUser", number) if self.users.contains_key(number) => return Err("EntityAlreadyExists"),
            Ask::User("CreateUser", _) => {}
            Ask::User(operation, number) => return user(number)?.answer(operation, *number),
            Ask::UpdateUser { user: number, to } => {
                user(number)?;
                if number != to && self.users.contains_key(to) {
                    return Err("EntityAlreadyExists");
                }
            }
            Ask::PutUserPolicy { user: number, .. } => drop(user(number)?),
            Ask::DeleteUserPolicy { user: number, allow } => drop(user(number)?.policy(*allow).ok_or("NoSuchEntity")?),
            Ask::GetUserPolicy { user: number, allow } => {
                let actions = user(number)?.policy(*allow).ok_or("NoSuchEntity")?;
                return Ok(Some(Told::Text(user_policy(*allow, actions))));
            }
            Ask::UpdateAccessKey { user: number, id, .. } | Ask::DeleteAccessKey { user: number, id } => {
                user(number)?.keys.get(id).ok_or("NoSuchEntity")?;
            }
            _ => {}
        }
        NOTHING
    }

    fn told(&self, operation: &str, judge: &Self, who: &Who) -> Option<Told> {
        let administrator = std::iter::once(ADMINISTRATOR.to_owned());
        Some(match (operation, who) {
            ("ListUsers", _) => names(administrator.chain(self.users.keys().map(|user| user_name(*user)))),
            ("GetPolicy", _) => {
                let count = 1 + self.users.values().filter(|user| user.everything).count();
                Told::Text(format!("{EVERYTHING} {count}"))
            }
            ("GetCallerIdentity", Who::Administrator) => Told::Text(user_arn(ADMINISTRATOR)),
            ("GetCallerIdentity", Who::Holder(id)) => Told::Text(user_arn(&user_name(judge.holder(id)?.0))),
            _ => return None,
        })
    }

    /// What a call that succeeded has changed. `new` is the id of what it made.
    pub fn apply(&mut self, ask: &Ask, new: Option<&str>) {
        let new = new.unwrap_or_default().to_owned();
        if let Some(key) = ask.named().and_then(|id| self.keys.get_mut(id)) {
            key.apply(ask);
        }
        match ask {
            Ask::Plain("CreateKey") => drop(self.keys.insert(new, Key { own_policy: true, ..Key::default() })),
            Ask::CreateAlias(alias, key) | Ask::UpdateAlias(alias, key) => {
                self.aliases.insert(*alias, key.clone());
            }
            Ask::DeleteAlias(alias) => drop(self.aliases.remove(alias)),
            Ask::User("CreateUser", user) => drop(self.users.insert(*user, User::default())),
            Ask::User("DeleteUser", user) => drop(self.users.remove(user)),
            Ask::UpdateUser { user, to } => {
                if let Some(moved) = self.users.remove(user) {
                    self.users.insert(*to, moved);
                }
            }
            Ask::User(_, user)
            | Ask::PutUserPolicy { user, .. }
            | Ask::DeleteUserPolicy { user, .. }
            | Ask::UpdateAccessKey { user, .. }
            | Ask::DeleteAccessKey { user, .. } => {
                if let Some(user) = self.users.get_mut(user) {
                    user.apply(ask, new);
                }
            }
            _ => {}
        }
    }

    /// A key has been deleted because its date had come. The date; `None` if it had none.
    pub fn end(&mut self, id: &str) -> Option<i64> {
        self.aliases.retain(|_, key| key != id);
        self.gone.insert(id.to_owned());
        self.keys.remove(id).and_then(|key| key.deletion)
    }
}

impl Key {
    fn state(&self) -> &'static str {
        match (self.deletion, self.disabled) {
            (Some(_), _) => "PendingDeletion",
            (None, true) => "Disabled",
            (None, false) => "Enabled",
        }
    }

    fn usable(&self) -> Result<(), &'static str> {
        match (self.deletion, self.disabled) {
            (Some(_), _) => Err("KMSInvalidStateException"),
            (None, true) => Err("DisabledException"),
            (None, false) => Ok(()),
        }
    }

    fn answer(&self, operation: &str) -> Outcome {
        Ok(match operation {
            "DescribeKey" => {
                let description = self.description.map(|number| number.to_string()).unwrap_or_default();
                Some(Told::Text(format!("{} {description}", self.state())))
            }
            "ListResourceTags" => {
                let pairs = self.tags.iter().map(|(tag, value)| (format!("t{tag}"), format!("v{value}")));
                Some(Told::Pairs(pairs.collect()))
            }
            "GetKeyPolicy" if self.own_policy => None,
            "GetKeyPolicy" => Some(Told::Text(key_policy(self.denies))),
            "ListKeyPolicies" => Some(names(["default".to_owned()])),
            "GetKeyRotationStatus" => Some(Told::Text("false".to_owned())),
            "CancelKeyDeletion" if self.deletion.is_none() => return Err("KMSInvalidStateException"),
            "CancelKeyDeletion" => Some(Told::Nothing),
            "EnableKey" | "DisableKey" if self.deletion.is_some() => return Err("KMSInvalidStateException"),
            "EnableKey" | "DisableKey" => Some(Told::Nothing),
            _ => {
                self.usable()?;
                None
            }
        })
    }

    fn apply(&mut self, ask: &Ask) {
        match ask {
            Ask::Key("EnableKey", _) => self.disabled = false,
            Ask::Key("DisableKey", _) => self.disabled = true,
            Ask::ScheduleKeyDeletion { days, now, .. } => self.deletion = Some(now + days * DAY_MICROS),
            Ask::Key("CancelKeyDeletion", _) => (self.deletion, self.disabled) = (None, true),
            Ask::TagResource(_, tag, value) => drop(self.tags.insert(*tag, *value)),
            Ask::UntagResource(_, tag) => drop(self.tags.remove(tag)),
            Ask::UpdateKeyDescription(_, number) => self.description = Some(*number),
            Ask::PutKeyPolicy(_, denies) => (self.denies, self.own_policy) = (*denies, false),
            _ => {}
        }
    }
}

impl User {
    fn policy(&self, allow: bool) -> Option<u32> {
        if allow { self.allow } else { self.deny }
    }

    fn answer(&self, operation: &str, number: u8) -> Outcome {
        let inline = [true, false].into_iter().filter(|allow| self.policy(*allow).is_some());
        Ok(Some(match operation {
            "DeleteUser" if !self.keys.is_empty() || self.everything || inline.clone().count() > 0 => {
                return Err("DeleteConflict");
            }
            "DetachUserPolicy" if !self.everything => return Err("NoSuchEntity"),
            "CreateAccessKey" if self.keys.len() >= ACCESS_KEYS_PER_USER => return Err("LimitExceeded"),
            "CreateAccessKey" => return Ok(None),
            "ListAccessKeys" => {
                let word = |active: &bool| if *active { "Active" } else { "Inactive" }.to_owned();
                Told::Pairs(self.keys.iter().map(|(id, active)| (id.clone(), word(active))).collect())
            }
            "GetUser" => Told::Text(user_name(number)),
            "ListUserPolicies" => names(inline.map(|allow| policy_name(allow).to_owned())),
            "ListAttachedUserPolicies" => names(self.everything.then(|| EVERYTHING.to_owned())),
            "ListGroupsForUser" => names([]),
            _ => Told::Nothing,
        }))
    }

    fn apply(&mut self, ask: &Ask, new: String) {
        let policy =
            |user: &mut Self, allow: bool, actions| *(if allow { &mut user.allow } else { &mut user.deny }) = actions;
        match ask {
            Ask::PutUserPolicy { allow, actions, .. } => policy(self, *allow, Some(*actions)),
            Ask::DeleteUserPolicy { allow, .. } => policy(self, *allow, None),
            Ask::User("AttachUserPolicy", _) => self.everything = true,
            Ask::User("DetachUserPolicy", _) => self.everything = false,
            Ask::User("CreateAccessKey", _) => drop(self.keys.insert(new, true)),
            Ask::UpdateAccessKey { id, active, .. } => drop(self.keys.insert(id.clone(), *active)),
            Ask::DeleteAccessKey { id, .. } => drop(self.keys.remove(id)),
            _ => {}
        }
    }
}

/// A list of names, in order.
pub fn names(names: impl IntoIterator<Item = String>) -> Told {
    let mut pairs: Vec<_> = names.into_iter().map(|name| (name, String::new())).collect();
    pairs.sort();
    Told::Pairs(pairs)
}
