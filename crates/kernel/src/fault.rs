//! How a call can end badly, by whose fault it is: the caller's (a [`Fault`] of the service or a refusal of the gate), or ours
//! ([`Breakage`]).

use std::borrow::Cow;

/// A service's own error, modelled by AWS: code, status and text are contract.
pub trait Fault: Send + Sync + 'static {
    fn code(&self) -> &'static str;

    /// The HTTP status: 4xx, or AWS's own 5xx where the model says so.
    fn status(&self) -> u16;

    /// The words for the caller.
    fn text(&self) -> String;

    /// What the caller hears when commits kept conflicting, or when the thing that was meant is another one now.
    fn conflict() -> Self;

    /// What a dry run answers when the call would have succeeded. `None` where the service knows no dry runs.
    fn dry_run() -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// The fault of operations that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Never {
    Conflict,
}

impl Fault for Never {
    fn code(&self) -> &'static str {
        "ConflictException"
    }

    fn status(&self) -> u16 {
        409
    }

    fn text(&self) -> String {
        "the request conflicts with another one".to_owned()
    }

    fn conflict() -> Self {
        Self::Conflict
    }
}

/// An error as it leaves the house: the caller's fault, or `InternalFailure`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: Cow<'static, str>,
    pub status: u16,
    pub text: String,
}

/// Our own fault. The caller hears `InternalFailure` and the request id; the cause goes to the log. It carries no data of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Breakage {
    #[error("a record of the store cannot be read")]
    Unreadable,
    #[error("the store has stopped")]
    Stopped,
    /// The one breakage of which it is certain that nothing is committed: what was begun was rolled back before it was synced.
    #[error("the disk is full: nothing can be recorded until there is space again")]
    Full,
    #[error("the vault does not answer as it must")]
    Vault,
    #[error("no randomness is to be had")]
    NoEntropy,
    #[error("an operation named no demand for a part of its target")]
    UnjudgedPart,
    #[error("an operation that may not write has written")]
    UnexpectedWrite,
    #[error("a dry run was asked of a service that knows none")]
    NoDryRun,
    #[error("a service asked for an operation that no table holds")]
    NoSuchRow,
    #[error("a call was taken to a step before the one it follows")]
    OutOfOrder,
    #[error("a batch asked for another operation than its own")]
    ForeignItem,
    #[error("an operation that is not internal asked for what only those may")]
    NotInternal,
    #[error("calls have called each other too often or too deep")]
    FamilyTooLarge,
    #[error("a tool was asked for that this house does not have")]
    NoSuchTool,
    #[error("a record of the trail cannot be written")]
    Unwritable,
}

/// Why `prepare` or `apply` stops.
pub enum Stop<F> {
    Fault(F),
    /// Another service's answer to a call on the way.
    Foreign(Failure),
    Broken(Breakage),
}

impl<F> From<F> for Stop<F>
where
    F: Fault,
{
    fn from(fault: F) -> Self {
        Self::Fault(fault)
    }
}

impl<F> From<Failure> for Stop<F> {
    fn from(failure: Failure) -> Self {
        Self::Foreign(failure)
    }
}

impl<F> From<Breakage> for Stop<F> {
    fn from(breakage: Breakage) -> Self {
        Self::Broken(breakage)
    }
}

impl Failure {
    pub fn of(fault: &impl Fault) -> Self {
        Self { code: Cow::Borrowed(fault.code()), status: fault.status(), text: fault.text() }
    }

    /// What a caller hears of a [`Breakage`].
    pub fn internal() -> Self {
        Self {
            code: Cow::Borrowed("InternalFailure"),
            status: 500,
            text: "The request processing has failed because of an unknown error, exception or failure.".to_owned(),
        }
    }
}

/// Of a row, the log hears which one, and why.
impl From<store::Broken> for Breakage {
    fn from(broken: store::Broken) -> Self {
        use store::Broken as B;
        let breakage = match broken {
            B::Engine(fault) => return fault.into(),
            B::NoEntropy(_) | B::Unsealed(cipher::Unsealed::NoEntropy) => Self::NoEntropy,
            B::LongKey { .. } | B::Unwritable { .. } | B::Taken { .. } | B::Unsealed(_) | B::Oversized(_) => {
                Self::Unwritable
            }
            B::Unopened { .. }
            | B::Unreadable { .. }
            | B::NewerFormat { .. }
            | B::StrangeKey { .. }
            | B::FalseHead
            | B::FalseRoot
            | B::Uncuttable(_) => Self::Unreadable,
        };
        tracing::error!(cause = %broken, "{breakage}");
        breakage
    }
}

/// Of a full disk the log is told once, and not by every call.
impl From<store::EngineFault> for Breakage {
    fn from(fault: store::EngineFault) -> Self {
        if fault == store::EngineFault::Full {
            return Self::Full;
        }
        tracing::error!(cause = %fault, "the store does not do what it must");
        Self::Stopped
    }
}

/// For what the vault answers when the caller is not at fault.
impl From<vault::VaultError> for Breakage {
    fn from(error: vault::VaultError) -> Self {
        let breakage = if error == vault::VaultError::NoEntropy { Self::NoEntropy } else { Self::Vault };
        tracing::error!(cause = %error, "{breakage}");
        breakage
    }
}

impl From<store::CommitError> for Breakage {
    fn from(error: store::CommitError) -> Self {
        match error {
            store::CommitError::Stopped(fault) => fault.into(),
            // A commit that checks nothing meets no conflict.
            store::CommitError::Conflict => Self::Stopped,
        }
    }
}

impl From<cipher::NoEntropy> for Breakage {
    fn from(_: cipher::NoEntropy) -> Self {
        Self::NoEntropy
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::sync::{Arc, Mutex};
    use store::{Broken, EngineFault};
    use vault::VaultError;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What came of it, and what the log says of it.
    fn heard(cause: impl Into<Breakage>) -> (Breakage, String) {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let breakage = tracing::subscriber::with_default(log, || cause.into());
        let lines = lines.0.lock().unwrap().clone();
        (breakage, String::from_utf8(lines).unwrap())
    }

    #[test]
    fn a_breakage_of_the_store_is_told_by_its_cause() {
        let (space, key) = ("kms/keys", vec![7]);
        for (broken, expected) in [
            (Broken::Unopened { space, key: key.clone() }, Breakage::Unreadable),
            (Broken::Unreadable { space, key, format: 3 }, Breakage::Unreadable),
            (Broken::FalseHead, Breakage::Unreadable),
            (Broken::LongKey { space }, Breakage::Unwritable),
            (Broken::Oversized(store::Oversized), Breakage::Unwritable),
            (Broken::NoEntropy(cipher::NoEntropy), Breakage::NoEntropy),
            (Broken::Engine(EngineFault::Damaged), Breakage::Stopped),
        ] {
            let (breakage, log) = heard(broken.clone());
            assert_eq!(breakage, expected, "{broken}");
            assert!(log.contains(&broken.to_string()), "{broken}: {log}");
        }
        assert_eq!(heard(Broken::Engine(EngineFault::Full)), (Breakage::Full, String::new()));
    }

    #[test]
    fn a_breakage_of_the_vault_is_told_by_its_cause() {
        for (error, expected) in [
            (VaultError::RecordRefused, Breakage::Vault),
            (VaultError::TicketForeign, Breakage::Vault),
            (VaultError::NoEntropy, Breakage::NoEntropy),
        ] {
            let (breakage, log) = heard(error);
            assert_eq!(breakage, expected, "{error}");
            assert!(log.contains(&error.to_string()), "{error}: {log}");
        }
    }
}
