//! Who asks what next, as chance has it.

use crate::ask::{ACTIONS, Ask, Who, deniable, is_known};
use crate::asking::served;
use crate::run::Run;

const KEYS_MAX: usize = 8;
const USERS: u64 = 4;
const ALIASES: u64 = 5;
const NEAR_TRIES: usize = 12;

impl Run {
    pub fn who(&self) -> Who {
        let keys = self.model.users.values().flat_map(|one| one.keys.keys());
        let keys: Vec<_> = keys.filter(|id| self.town.wallet.has(id)).collect();
        let holder = self.town.dice.pick(keys.into_iter()).filter(|_| self.town.dice.permille(600));
        holder.map_or(Who::Administrator, |id| Who::Holder(id.clone()))
    }

    /// How many call at once: one or two, most often.
    pub fn together(&self) -> u64 {
        let dice = &self.town.dice;
        match dice.below(100) {
            0..72 => 1,
            72..92 => 2,
            92..97 => 3 + dice.below(3),
            _ => 6 + dice.below(11),
        }
    }

    /// What somebody else asks at the same time: of the same key, more often than not.
    pub fn ask_beside(&self, first: &Ask) -> Ask {
        let near = |ask: &Ask| ask.named().is_some() && ask.named() == first.named();
        (0..NEAR_TRIES).map(|_| self.ask()).find(near).unwrap_or_else(|| self.ask())
    }

    /// What is asked next.
    pub fn ask(&self) -> Ask {
        match self.town.dice.below(100) {
            0..68 => self.ask_of_keys(),
            68..98 => self.ask_of_users(),
            _ => {
                let dice = &self.town.dice;
                let others: Vec<_> = served().map(|(_, row)| row.name).filter(|name| !is_known(name)).collect();
                // One place more than there are: an operation that is begun leaves LookupEvents its own.
                let place = if others.is_empty() { 0 } else { dice.below(others.len() as u64 + 1) };
                others.get(place as usize).map_or(Ask::Plain("LookupEvents"), |name| Ask::Other(name))
            }
        }
    }

    fn key(&self) -> String {
        let dice = &self.town.dice;
        let gone = dice.pick(self.model.gone.iter()).filter(|_| dice.permille(60));
        let key = gone.or_else(|| dice.pick(self.model.keys.keys())).cloned();
        key.unwrap_or_else(|| "12345678-1234-4123-8123-123456789012".to_owned())
    }

    fn small(&self, below: u64) -> u8 {
        u8::try_from(self.town.dice.below(below)).unwrap()
    }

    fn ask_of_keys(&self) -> Ask {
        let dice = &self.town.dice;
        let (user, alias, key) = (self.small(USERS), self.small(ALIASES), self.key());
        match dice.below(100) {
            0..8 if self.model.keys.len() < KEYS_MAX => Ask::Plain("CreateKey"),
            0..14 => Ask::Key("DescribeKey", key),
            14..24 => Ask::Key("Encrypt", key),
            24..28 => Ask::Key("GenerateDataKey", key),
            28..29 => Ask::Key("GenerateDataKeyWithoutPlaintext", key),
            29..30 => Ask::Plain("GenerateRandom"),
            30..42 => match dice.pick(self.blobs.iter()) {
                Some((key, plain, blob)) => Ask::Decrypt { key: key.clone(), blob: blob.clone(), plain: plain.clone() },
                None => Ask::Key("Encrypt", key),
            },
            42..51 => Ask::Key("EnableKey", key),
            51..56 => Ask::Key("DisableKey", key),
            56..60 => {
                let days = i64::try_from(7 + dice.below(5)).unwrap();
                Ask::ScheduleKeyDeletion { key, days, now: self.town.clock.now().micros() }
            }
            60..64 => Ask::Key("CancelKeyDeletion", key),
            64..69 => Ask::TagResource(key, self.small(3), self.small(9)),
            69..71 => Ask::UntagResource(key, self.small(3)),
            71..73 => Ask::UpdateKeyDescription(key, self.small(9)),
            73..75 => Ask::Key("ListResourceTags", key),
            75..76 => Ask::Key("ListKeyPolicies", key),
            76..77 => Ask::Key("GetKeyRotationStatus", key),
            77..82 => Ask::PutKeyPolicy(key, dice.permille(700).then(|| (user, deniable(dice.below(100))))),
            82..84 => Ask::Key("GetKeyPolicy", key),
            84..90 => Ask::CreateAlias(alias, key),
            90..94 => Ask::UpdateAlias(alias, key),
            94..97 => Ask::DeleteAlias(alias),
            97..99 => Ask::Plain("ListAliases"),
            _ => Ask::Plain("ListKeys"),
        }
    }

    fn ask_of_users(&self) -> Ask {
        let dice = &self.town.dice;
        let user = self.small(USERS);
        let access_key = || {
            let keys = self.model.users.get(&user).into_iter().flat_map(|user| user.keys.keys().cloned());
            dice.pick(keys.collect::<Vec<_>>().into_iter()).unwrap_or_else(|| "AKIAIOSFODNN7EXAMPLE".to_owned())
        };
        let actions = || u32::try_from(1 + dice.below((1 << ACTIONS.len()) - 1)).unwrap();
        match dice.below(100) {
            0..14 => Ask::User("CreateUser", user),
            14..17 => Ask::User("DeleteUser", user),
            17..20 => Ask::UpdateUser { user, to: self.small(USERS) },
            20..38 => Ask::PutUserPolicy { user, allow: true, actions: actions() | actions() },
            38..44 => Ask::PutUserPolicy { user, allow: false, actions: actions() & actions() | 2 },
            44..51 => Ask::DeleteUserPolicy { user, allow: dice.permille(200) },
            51..53 => Ask::User("AttachUserPolicy", user),
            53..57 => Ask::User("DetachUserPolicy", user),
            57..71 => Ask::User("CreateAccessKey", user),
            71..77 => Ask::UpdateAccessKey { user, id: access_key(), active: dice.permille(700) },
            77..80 => Ask::DeleteAccessKey { user, id: access_key() },
            80..83 => Ask::User("ListAccessKeys", user),
            83..86 => Ask::GetUserPolicy { user, allow: dice.permille(700) },
            86..88 => Ask::User("GetUser", user),
            88..90 => Ask::User("ListUserPolicies", user),
            90..92 => Ask::User("ListAttachedUserPolicies", user),
            92..93 => Ask::User("ListGroupsForUser", user),
            93..95 => Ask::Plain("ListUsers"),
            95..96 => Ask::Plain("GetPolicy"),
            96..97 => Ask::Plain("GetPolicyVersion"),
            _ => Ask::Plain("GetCallerIdentity"),
        }
    }
}
