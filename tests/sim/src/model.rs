//! The reference: what keys, aliases, users and policies there are, and what each call has to be answered.

use house::ACCOUNT;
use std::collections::{BTreeMap, BTreeSet};

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    Administrator,
    /// A user, by an access key.
    User(u8, String),
}

/// What is asked. Keys go by their ids, users, aliases and tags by numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    CreateKey,
    DescribeKey(String),
    Encrypt(String),
    GenerateDataKey(String),
    /// With the plaintext that has to come out.
    Decrypt {
        key: String,
        blob: Vec<u8>,
        plain: Vec<u8>,
    },
    EnableKey(String),
    DisableKey(String),
    ScheduleKeyDeletion {
        key: String,
        days: i64,
        now: i64,
    },
    CancelKeyDeletion(String),
    TagResource(String, u8, u8),
    UntagResource(String, u8),
    ListResourceTags(String),
    /// The key's policy denies one user one action, or nobody anything.
    PutKeyPolicy(String, Option<(u8, usize)>),
    GetKeyPolicy(String),
    CreateAlias(u8, String),
    UpdateAlias(u8, String),
    DeleteAlias(u8),
    ListAliases,
    CreateUser(u8),
    DeleteUser(u8),
    /// The user's policy that allows these actions, or that denies them.
    PutUserPolicy {
        user: u8,
        allow: bool,
        actions: u32,
    },
    DeleteUserPolicy {
        user: u8,
        allow: bool,
    },
    GetUserPolicy {
        user: u8,
        allow: bool,
    },
    CreateAccessKey(u8),
    UpdateAccessKey {
        user: u8,
        id: String,
        active: bool,
    },
    DeleteAccessKey {
        user: u8,
        id: String,
    },
    ListAccessKeys(u8),
}

/// What an answer says, as far as the model knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    Nothing,
    /// Something that the model cannot know: the id of a new thing.
    New(String),
    Bytes(Vec<u8>),
    Text(String),
    Pairs(Vec<(String, String)>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Unadmitted,
    Refused(&'static str),
    Done(Option<Told>),
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Model {
    pub keys: BTreeMap<String, Key>,
    pub gone: BTreeSet<String>,
    pub aliases: BTreeMap<u8, String>,
    pub users: BTreeMap<u8, User>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Key {
    pub disabled: bool,
    /// Microseconds since 1970.
    pub deletion: Option<i64>,
    denies: Option<(u8, usize)>,
    tags: BTreeMap<u8, u8>,
    /// It still has the policy with which it was made.
    own_policy: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct User {
    allow: Option<u32>,
    deny: Option<u32>,
    pub keys: BTreeMap<String, bool>,
}

/// What policies here allow and deny.
pub const ACTIONS: [&str; 18] = [
    "CreateKey",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "Decrypt",
    "EnableKey",
    "DisableKey",
    "ScheduleKeyDeletion",
    "CancelKeyDeletion",
    "TagResource",
    "UntagResource",
    "ListResourceTags",
    "GetKeyPolicy",
    "CreateAlias",
    "UpdateAlias",
    "DeleteAlias",
    "ListAliases",
    "PutKeyPolicy",
];
/// A policy that denies somebody this one may be refused for that, so no policy here does.
const NEVER_DENIED_BY_KEYS: usize = ACTIONS.len() - 1;
const ACCESS_KEYS_PER_USER: usize = 2;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

impl Ask {
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateKey => "CreateKey",
            Self::DescribeKey(_) => "DescribeKey",
            Self::Encrypt(_) => "Encrypt",
            Self::GenerateDataKey(_) => "GenerateDataKey",
            Self::Decrypt { .. } => "Decrypt",
            Self::EnableKey(_) => "EnableKey",
            Self::DisableKey(_) => "DisableKey",
            Self::ScheduleKeyDeletion { .. } => "ScheduleKeyDeletion",
            Self::CancelKeyDeletion(_) => "CancelKeyDeletion",
            Self::TagResource(..) => "TagResource",
            Self::UntagResource(..) => "UntagResource",
            Self::ListResourceTags(_) => "ListResourceTags",
            Self::PutKeyPolicy(..) => "PutKeyPolicy",
            Self::GetKeyPolicy(_) => "GetKeyPolicy",
            Self::CreateAlias(..) => "CreateAlias",
            Self::UpdateAlias(..) => "UpdateAlias",
            Self::DeleteAlias(_) => "DeleteAlias",
            Self::ListAliases => "ListAliases",
            Self::CreateUser(_) => "CreateUser",
            Self::DeleteUser(_) => "DeleteUser",
            Self::PutUserPolicy { .. } => "PutUserPolicy",
            Self::DeleteUserPolicy { .. } => "DeleteUserPolicy",
            Self::GetUserPolicy { .. } => "GetUserPolicy",
            Self::CreateAccessKey(_) => "CreateAccessKey",
            Self::UpdateAccessKey { .. } => "UpdateAccessKey",
            Self::DeleteAccessKey { .. } => "DeleteAccessKey",
            Self::ListAccessKeys(_) => "ListAccessKeys",
        }
    }

    /// Whether a success changes something, so that its event tells of rows.
    pub fn writes(&self) -> bool {
        let reads = ["DescribeKey", "Encrypt", "GenerateDataKey", "Decrypt"];
        let name = self.name();
        !(reads.contains(&name) || name.starts_with("List") || name.starts_with("Get"))
    }

    /// The key that is asked for by name.
    pub fn named(&self) -> Option<&String> {
        match self {
            Self::DescribeKey(key)
            | Self::Encrypt(key)
            | Self::GenerateDataKey(key)
            | Self::Decrypt { key, .. }
            | Self::EnableKey(key)
            | Self::DisableKey(key)
            | Self::ScheduleKeyDeletion { key, .. }
            | Self::CancelKeyDeletion(key)
            | Self::TagResource(key, ..)
            | Self::UntagResource(key, _)
            | Self::ListResourceTags(key)
            | Self::PutKeyPolicy(key, _)
            | Self::GetKeyPolicy(key)
            | Self::CreateAlias(_, key)
            | Self::UpdateAlias(_, key) => Some(key),
            _ => None,
        }
    }
}

impl Model {
    pub fn verdict(&self, who: &Who, ask: &Ask) -> Verdict {
        if let Who::User(user, id) = who
            && self.users.get(user).and_then(|user| user.keys.get(id)) != Some(&true)
        {
            return Verdict::Unadmitted;
        }
        match ACTIONS.iter().position(|action| *action == ask.name()) {
            Some(action) if !self.allows(who, action, ask) => Verdict::Refused("AccessDenied"),
            Some(_) => self.of_keys(ask).unwrap_or_else(Verdict::Refused),
            None if *who != Who::Administrator => Verdict::Refused("AccessDenied"),
            None => self.of_users(ask).unwrap_or_else(Verdict::Refused),
        }
    }

    fn allows(&self, who: &Who, action: usize, ask: &Ask) -> bool {
        let Who::User(number, _) = who else { return true };
        let Some(user) = self.users.get(number) else { return false };
        let has = |mask: Option<u32>| mask.is_some_and(|mask| mask & (1 << action) != 0);
        let behind = match ask {
            Ask::UpdateAlias(alias, _) | Ask::DeleteAlias(alias) => self.aliases.get(alias),
            _ => None,
        };
        let mut keys = ask.named().into_iter().chain(behind).filter_map(|key| self.keys.get(key));
        has(user.allow) && !has(user.deny) && !keys.any(|key| key.denies == Some((*number, action)))
    }

    fn of_keys(&self, ask: &Ask) -> Result<Verdict, &'static str> {
        let pending = |key: &Key| if key.deletion.is_some() { Err("KMSInvalidStateException") } else { Ok(()) };
        if let Ask::UpdateAlias(alias, _) | Ask::DeleteAlias(alias) = ask
            && !self.aliases.contains_key(alias)
        {
            return Err("NotFoundException");
        }
        let nothing = Ok(Verdict::Done(Some(Told::Nothing)));
        let Some(id) = ask.named() else {
            return match ask {
                Ask::ListAliases => {
                    let pairs = self.aliases.iter().map(|(alias, key)| (alias_name(*alias), key.clone()));
                    Ok(Verdict::Done(Some(Told::Pairs(pairs.collect()))))
                }
                Ask::CreateKey => Ok(Verdict::Done(None)),
                _ => nothing,
            };
        };
        let key = self.keys.get(id).ok_or("NotFoundException")?;
        match ask {
            Ask::DescribeKey(_) => return Ok(Verdict::Done(Some(Told::Text(key.state().to_owned())))),
            Ask::Encrypt(_) | Ask::GenerateDataKey(_) | Ask::Decrypt { .. } => {
                pending(key)?;
                if key.disabled {
                    return Err("DisabledException");
                }
                let plain = if let Ask::Decrypt { plain, .. } = ask { Some(Told::Bytes(plain.clone())) } else { None };
                return Ok(Verdict::Done(plain));
            }
            Ask::CancelKeyDeletion(_) if key.deletion.is_none() => return Err("KMSInvalidStateException"),
            Ask::CancelKeyDeletion(_) | Ask::PutKeyPolicy(..) => {}
            Ask::GetKeyPolicy(_) if key.own_policy => return Ok(Verdict::Done(None)),
            Ask::GetKeyPolicy(_) => return Ok(Verdict::Done(Some(Told::Text(key_policy(key.denies))))),
            Ask::ListResourceTags(_) => {
                let pairs = key.tags.iter().map(|(tag, value)| (format!("t{tag}"), format!("v{value}")));
                return Ok(Verdict::Done(Some(Told::Pairs(pairs.collect()))));
            }
            Ask::CreateAlias(alias, _) if self.aliases.contains_key(alias) => return Err("AlreadyExistsException"),
            _ => pending(key)?,
        }
        nothing
    }

    fn of_users(&self, ask: &Ask) -> Result<Verdict, &'static str> {
        let user = |number: &u8| self.users.get(number).ok_or("NoSuchEntity");
        match ask {
            Ask::CreateUser(number) if self.users.contains_key(number) => return Err("EntityAlreadyExists"),
            Ask::DeleteUser(number) => {
                let user = user(number)?;
                if !user.keys.is_empty() || user.allow.is_some() || user.deny.is_some() {
                    return Err("DeleteConflict");
                }
            }
            Ask::PutUserPolicy { user: number, .. } => drop(user(number)?),
            Ask::DeleteUserPolicy { user: number, allow } => drop(user(number)?.policy(*allow).ok_or("NoSuchEntity")?),
            Ask::GetUserPolicy { user: number, allow } => {
                let actions = user(number)?.policy(*allow).ok_or("NoSuchEntity")?;
                return Ok(Verdict::Done(Some(Told::Text(user_policy(*allow, actions)))));
            }
            Ask::CreateAccessKey(number) => {
                if user(number)?.keys.len() >= ACCESS_KEYS_PER_USER {
                    return Err("LimitExceeded");
                }
                return Ok(Verdict::Done(None));
            }
            Ask::UpdateAccessKey { user: number, id, .. } | Ask::DeleteAccessKey { user: number, id } => {
                user(number)?.keys.get(id).ok_or("NoSuchEntity")?;
            }
            Ask::ListAccessKeys(number) => {
                let word = |active: &bool| if *active { "Active" } else { "Inactive" }.to_owned();
                let pairs = user(number)?.keys.iter().map(|(id, active)| (id.clone(), word(active)));
                return Ok(Verdict::Done(Some(Told::Pairs(pairs.collect()))));
            }
            _ => {}
        }
        Ok(Verdict::Done(Some(Told::Nothing)))
    }

    /// What a call that succeeded has changed. `new` is the id of what it made.
    pub fn apply(&mut self, ask: &Ask, new: Option<&str>) {
        let new = new.unwrap_or_default().to_owned();
        if let Some(key) = ask.named().and_then(|id| self.keys.get_mut(id)) {
            key.apply(ask);
        }
        match ask {
            Ask::CreateKey => drop(self.keys.insert(new, Key { own_policy: true, ..Key::default() })),
            Ask::CreateAlias(alias, key) | Ask::UpdateAlias(alias, key) => {
                self.aliases.insert(*alias, key.clone());
            }
            Ask::DeleteAlias(alias) => drop(self.aliases.remove(alias)),
            Ask::CreateUser(user) => drop(self.users.insert(*user, User::default())),
            Ask::DeleteUser(user) => drop(self.users.remove(user)),
            Ask::PutUserPolicy { user, .. }
            | Ask::DeleteUserPolicy { user, .. }
            | Ask::CreateAccessKey(user)
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

    fn apply(&mut self, ask: &Ask) {
        match ask {
            Ask::EnableKey(_) => self.disabled = false,
            Ask::DisableKey(_) => self.disabled = true,
            Ask::ScheduleKeyDeletion { days, now, .. } => self.deletion = Some(now + days * DAY_MICROS),
            Ask::CancelKeyDeletion(_) => (self.deletion, self.disabled) = (None, true),
            Ask::TagResource(_, tag, value) => drop(self.tags.insert(*tag, *value)),
            Ask::UntagResource(_, tag) => drop(self.tags.remove(tag)),
            Ask::PutKeyPolicy(_, denies) => (self.denies, self.own_policy) = (*denies, false),
            _ => {}
        }
    }
}

impl User {
    fn policy(&self, allow: bool) -> Option<u32> {
        if allow { self.allow } else { self.deny }
    }

    fn apply(&mut self, ask: &Ask, new: String) {
        let policy =
            |user: &mut Self, allow: bool, actions| *(if allow { &mut user.allow } else { &mut user.deny }) = actions;
        match ask {
            Ask::PutUserPolicy { allow, actions, .. } => policy(self, *allow, Some(*actions)),
            Ask::DeleteUserPolicy { allow, .. } => policy(self, *allow, None),
            Ask::CreateAccessKey(_) => drop(self.keys.insert(new, true)),
            Ask::UpdateAccessKey { id, active, .. } => drop(self.keys.insert(id.clone(), *active)),
            Ask::DeleteAccessKey { id, .. } => drop(self.keys.remove(id)),
            _ => {}
        }
    }
}

pub fn user_name(user: u8) -> String {
    format!("u{user}")
}

pub fn alias_name(alias: u8) -> String {
    format!("alias/a{alias}")
}

pub fn policy_name(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

/// The document of a user's policy.
pub fn user_policy(allow: bool, actions: u32) -> String {
    let named = ACTIONS.iter().enumerate().filter(|(number, _)| actions & (1 << number) != 0);
    let actions: Vec<String> = named.map(|(_, action)| format!("\"kms:{action}\"")).collect();
    let effect = if allow { "Allow" } else { "Deny" };
    let actions = actions.join(",");
    format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":[{actions}],"Resource":"*"}}}}"#)
}

/// The document of a key's policy: the account's own policies decide, but for one denial.
pub fn key_policy(denies: Option<(u8, usize)>) -> String {
    let open = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"kms:*","Resource":"*"}}"#
    );
    let denial = denies.and_then(|(user, action)| {
        let (user, action) = (user_name(user), ACTIONS.get(action)?);
        let condition = format!(r#"{{"StringEquals":{{"aws:username":"{user}"}}}}"#);
        Some(format!(
            r#",{{"Effect":"Deny","Principal":"*","Action":"kms:{action}","Resource":"*","Condition":{condition}}}"#
        ))
    });
    format!(r#"{{"Version":"2012-10-17","Statement":[{open}{}]}}"#, denial.unwrap_or_default())
}

/// The actions that a key's policy may deny.
pub fn deniable(number: u64) -> usize {
    usize::try_from(number).unwrap() % NEVER_DENIED_BY_KEYS
}
