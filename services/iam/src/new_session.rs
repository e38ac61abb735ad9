//! A new session of a role: what is made of it once, and the row it becomes.

use crate::roles::{SESSIONS, SessionRecord};
use crate::{Assumable, Fault, Iam, ids, managed_policy};
use kernel::{Breakage, Caller, Desk, Outside, Stop};
use names::Time;
use policy::{Class, Document, Kind, SESSION_POLICY_CHARS_MAX};
use secret::{Allowed, Secret};
use std::sync::Arc;
use std::time::Duration;
use vault::{NewAccessKey, Used, Vault};

/// What is drawn once for a session.
pub struct NewSession {
    identity: [u8; 16],
    /// `ASIA…`
    pub id: String,
    /// What has to come along with each request that the key signs.
    pub token: String,
    pub key: Used<NewAccessKey>,
}

/// What the caller asks of a session.
pub struct Wish {
    pub name: String,
    pub seconds: i64,
    pub policy: Option<String>,
    pub policy_arns: Vec<String>,
    pub tags: Vec<(String, String)>,
    pub transitive: Vec<String>,
    pub source_identity: Option<String>,
}

const TOKEN_BYTES: usize = 96;

impl NewSession {
    /// Of a role that the caller may be in.
    pub async fn draw(
        caller: &Caller,
        role: &Allowed<'_, Assumable>,
        outside: &mut Outside<'_>,
    ) -> Result<Self, Breakage> {
        let (identity, id) = (outside.birth()?.0.to_be_bytes(), ids::temporary_key(outside)?);
        let mut random = [0; TOKEN_BYTES];
        outside.random(&mut random)?;
        let vault = outside.tool::<Arc<dyn Vault>>()?;
        let key = vault.create_access_key(caller.ticket(), role.0.account, &id).await?;
        Ok(Self { identity, id, token: spelled(&random), key })
    }

    pub fn secret(&self) -> Secret {
        self.key.value.secret.share()
    }

    /// Writes its row; says when the session ends. What is passed on from the caller's own session is added to the wish.
    pub async fn put(
        &self,
        role: &Allowed<'_, Assumable>,
        wish: &Wish,
        now: Time,
        desk: &mut Desk<'_, Iam>,
    ) -> Result<Time, Stop<Fault>> {
        for arn in &wish.policy_arns {
            managed_policy::check_attachable(arn, role.0.account, &mut desk.reads()).await.map_err(malformed)?;
        }
        let expires = now + Duration::from_secs(wish.seconds.unsigned_abs());
        let record = SessionRecord {
            identity: self.identity,
            created: now.micros(),
            expires: expires.micros(),
            account: role.0.account.to_string(),
            role: role.0.id.clone(),
            name: wish.name.clone(),
            wrapped: self.key.value.wrapped.as_bytes().to_vec(),
            token: cipher::sha256(self.token.as_bytes()),
            policies: wish.policy.clone().map(|text| vec![text]),
            policy_arns: wish.policy_arns.clone(),
            tags: wish.tags.clone(),
            transitive: wish.transitive.clone(),
            source_identity: wish.source_identity.clone(),
            ..SessionRecord::default()
        };
        desk.put(&SESSIONS, &self.id, record).await?;
        Ok(expires)
    }
}

impl Wish {
    /// Adds what the caller's own session hands on: its transitive tags, which nothing hides, and its source identity, which cannot be
    /// changed: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_role-chaining>.
    pub fn inherit(&mut self, former: &SessionRecord) {
        for (key, value) in former.tags.iter().filter(|(key, _)| former.transitive.contains(key)) {
            self.tags.retain(|(own, _)| own.to_lowercase() != key.to_lowercase());
            self.tags.push((key.clone(), value.clone()));
            if !self.transitive.contains(key) {
                self.transitive.push(key.clone());
            }
        }
        if former.source_identity.is_some() {
            self.source_identity.clone_from(&former.source_identity);
        }
    }

    /// Whether its policy is one.
    pub fn check(&self) -> Result<(), Fault> {
        if let Some(text) = &self.policy {
            let document = Document::parse(text, Kind::Identity).map_err(|malformed| match malformed.class() {
                Class::TooLarge => too_large(),
                _ => Fault::MalformedPolicy(malformed.text().to_owned()),
            })?;
            if document.counted_chars() > SESSION_POLICY_CHARS_MAX {
                return Err(too_large());
            }
        }
        Ok(())
    }

    /// How much of what a session may carry this is, in per cent. AWS packs it in a form of its own, which is not documented; here it is
    /// bytes as they are, to as many as fifty tags and a policy may have. `None` where nothing is carried.
    pub fn packed_per_cent(&self) -> Option<i64> {
        let tags = self.tags.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        let policies =
            self.policy.as_ref().map_or(0, String::len) + self.policy_arns.iter().map(String::len).sum::<usize>();
        let carried = tags + policies;
        (carried > 0).then(|| i64::try_from((carried * 100).div_ceil(CARRIED_BYTES_MAX)).unwrap_or(i64::MAX))
    }
}

/// Fifty tags at their longest, and a policy at its own.
const CARRIED_BYTES_MAX: usize = 50 * (128 + 256) + SESSION_POLICY_CHARS_MAX;

/// AssumeRole has no other error for a policy that is not there.
fn malformed(stop: Stop<Fault>) -> Stop<Fault> {
    match stop {
        Stop::Fault(Fault::NoSuchEntity(text) | Fault::InvalidInput(text)) => Fault::MalformedPolicy(text).into(),
        other => other,
    }
}

fn too_large() -> Fault {
    Fault::LimitExceeded(format!("Session policy exceeds the size limit of {SESSION_POLICY_CHARS_MAX} characters."))
}

/// RFC 4648's base64 alphabet, six bits a letter.
fn spelled(random: &[u8]) -> String {
    const LETTERS: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 63)).copied().map_or('A', char::from);
    random.iter().map(letter).collect()
}
