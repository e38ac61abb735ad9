//! From a claim to a caller: the credential is looked up, the vault checks the signature, and its ticket makes the caller.

use crate::house::Wait;
use crate::{Breakage, Caller, House, Origin, Principal, ReadSet, Session};
use names::{AccountId, Time};
use store::Draft;
use vault::{Identify, Scope, VaultError, WrappedAccessKey};

/// What a signed request claims, as the wire has read it. No secret is in it.
#[derive(Clone, Debug)]
pub struct Claim {
    pub access_key_id: String,
    pub token: Option<String>,
    pub string_to_sign: String,
    /// Another spelling of the same request that may have been signed instead.
    pub second_string: Option<String>,
    /// The scope of the credential: `20261124`, Region, service.
    pub date: String,
    pub region: String,
    pub service: String,
    pub signature: [u8; 32],
    /// The digest of the request that was signed.
    pub request: [u8; 32],
    /// When the signature's window closes.
    pub expires: Time,
}

/// Whose access key it is. Found by the service that keeps users.
pub struct Credential {
    pub account: AccountId,
    pub principal: Principal,
    pub wrapped: WrappedAccessKey,
    /// What a temporary one has beside.
    pub temporary: Option<Temporary>,
}

/// The rest of a temporary credential.
pub struct Temporary {
    /// The SHA-256 of the session token, without which the key is nobody's.
    pub token: [u8; 32],
    /// From this time on it is refused.
    pub expires: Time,
    pub session: Session,
}

/// Access key ids to credentials. A key that is not active counts as unknown.
pub trait Credentials: Send + Sync {
    fn find<'a>(
        &'a self,
        access_key_id: &'a str,
        reads: &'a mut ReadSet,
    ) -> Wait<'a, Result<Option<Credential>, Breakage>>;
}

/// Why a claim does not make a caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unadmitted {
    /// No such access key, or it is inactive.
    #[error("the access key is not known")]
    UnknownKey,
    /// A session token that no session has.
    #[error("the session token is not known")]
    UnknownToken,
    #[error("the signature does not match")]
    Signature,
    #[error("the signature has expired")]
    Expired,
    /// The session is over.
    #[error("the session token has expired")]
    ExpiredToken,
    #[error(transparent)]
    Broken(#[from] Breakage),
}

impl House {
    /// Checks `claim`. An unknown key and a false signature take the same work, so that neither is told by time.
    pub async fn admit(&self, claim: Claim, origin: Origin) -> Result<Caller, Unadmitted> {
        let mut reads = ReadSet::new(Draft::new(self.store.clone()));
        let credential = self.credentials.find(&claim.access_key_id, &mut reads).await?;
        let principal = credential.as_ref().map(|credential| principal_text(credential.account, &credential.principal));
        let identify = |string_to_sign| Identify {
            access_key_id: &claim.access_key_id,
            wrapped: credential.as_ref().map(|credential| &credential.wrapped),
            string_to_sign,
            scope: Scope { date: &claim.date, region: &claim.region, service: &claim.service },
            signature: claim.signature,
            request: claim.request,
            now: origin.arrived,
            expires: claim.expires,
            account: credential.as_ref().map_or_else(|| AccountId::from_number(0), |credential| credential.account),
            principal: principal.as_deref().unwrap_or_default(),
        };
        let mut identified = self.vault.identify(identify(claim.string_to_sign.as_bytes())).await;
        if let (Err(VaultError::SignatureMismatch), Some(second)) = (&identified, &claim.second_string) {
            identified = self.vault.identify(identify(second.as_bytes())).await;
        }
        let Some(credential) = credential else { return Err(Unadmitted::UnknownKey) };
        let temporary = credential.temporary.as_ref();
        // A long-term key that comes with a token is a forgery or a mistake, and so is a temporary one without its own.
        if !is_its_token(temporary, claim.token.as_deref()) {
            return Err(Unadmitted::UnknownToken);
        }
        let ticket = identified.map_err(|error| match error {
            VaultError::SignatureMismatch | VaultError::OutOfBounds => Unadmitted::Signature,
            VaultError::TicketExpired => Unadmitted::Expired,
            error => Unadmitted::Broken(error.into()),
        })?;
        // Only who could sign hears that it was good once.
        if temporary.is_some_and(|temporary| temporary.expires <= origin.arrived) {
            return Err(Unadmitted::ExpiredToken);
        }
        let read_at = reads.into_draft().into_checks();
        Ok(Caller::assertion(
            credential.principal,
            credential.account,
            Some(claim.access_key_id),
            credential.temporary.map(|temporary| temporary.session),
            ticket,
            origin,
            read_at,
        ))
    }
}

fn is_its_token(temporary: Option<&Temporary>, token: Option<&str>) -> bool {
    match (temporary, token) {
        (None, None) => true,
        (Some(temporary), Some(token)) => cipher::same(&cipher::sha256(token.as_bytes()), &temporary.token),
        _ => false,
    }
}

fn principal_text(account: AccountId, principal: &Principal) -> String {
    match principal {
        Principal::Root => format!("arn:aws:iam::{account}:root"),
        Principal::User { arn, .. } => arn.to_string(),
        Principal::AssumedRole(role) => role.arn.to_string(),
        Principal::Service(name) => (*name).to_owned(),
    }
}
