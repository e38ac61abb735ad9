//! Whom a statement of a resource's policy means:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html> and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>.

use crate::reading::{But, Named, Policy, Statement};
use crate::request::Caller;

/// How a statement means the caller. In the order of how far it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meant {
    /// "This delegates authority to the account."
    Account,
    /// The role of the session that calls, the user behind a federated user.
    Behind,
    /// `*`, or all but some.
    Everyone,
    /// The caller's own service, provider.
    Outsider,
    /// The caller's own ARN or id: user, session, federated user.
    Itself,
}

/// How the statement means this caller; none if it does not. A caller has a boundary or has none.
pub fn meant(policy: &Policy, statement: &Statement, caller: &Caller, has_boundary: bool) -> Option<Meant> {
    let as_named = |named: &[Named]| named.iter().filter_map(|named| is(policy, named, caller)).max();
    match statement.principal.as_ref()? {
        But::These(named) => as_named(named),
        But::NotThese(named) if statement.denies => {
            (!is_exempt(policy, named, caller, has_boundary)).then_some(Meant::Everyone)
        }
        // "Allows all principals except the one named in the NotPrincipal element […], you might grant access to anonymous users."
        But::NotThese(named) => as_named(named).is_none().then_some(Meant::Everyone),
    }
}

/// "You must also specify the account ARN of the not-denied principal. […] AWS might validate the account first, then the role, and then
/// the assumed-role user." So each layer of the caller must be named. And "the NotPrincipal element with a Deny effect will always deny any
/// IAM principal that has a permissions boundary policy attached, regardless of the values specified".
fn is_exempt(policy: &Policy, named: &[Named], caller: &Caller, has_boundary: bool) -> bool {
    let names = |wanted: Meant| named.iter().any(|named| is(policy, named, caller) == Some(wanted));
    if has_boundary {
        return false;
    }
    if names(Meant::Everyone) {
        return true;
    }
    match caller {
        Caller::Root { .. } => names(Meant::Account),
        Caller::User { .. } | Caller::Federated { .. } => names(Meant::Account) && names(Meant::Itself),
        Caller::Session { .. } => names(Meant::Account) && names(Meant::Behind) && names(Meant::Itself),
        Caller::Service { .. } | Caller::Vouched { .. } => names(Meant::Outsider),
        Caller::Anonymous => false,
    }
}

fn is(policy: &Policy, named: &Named, caller: &Caller) -> Option<Meant> {
    let name = named.name.as_str();
    match named.kind.as_str() {
        "AWS" => is_aws(policy, name, caller),
        "Service" => matches!(caller, Caller::Service { name: calling } if calling == name).then_some(Meant::Outsider),
        "Federated" => matches!(caller, Caller::Vouched { provider } if provider == name).then_some(Meant::Outsider),
        _ => None,
    }
}

fn is_aws(policy: &Policy, name: &str, caller: &Caller) -> Option<Meant> {
    if name == "*" {
        return Some(Meant::Everyone);
    }
    if let Some(account) = caller.account() {
        // "The account ARN and the shortened account ID behave the same way."
        if name == account || name == format!("arn:aws:iam::{account}:root") {
            return Some(Meant::Account);
        }
    }
    let itself = if matches!(caller, Caller::User { .. }) { Meant::Itself } else { Meant::Behind };
    let is_of_iam = name.starts_with("arn:aws:iam::");
    if let (true, Some(ids)) = (is_of_iam, &policy.ids) {
        // Once stored, it is the id that is meant, and no id is nobody.
        let id = ids.get(name).cloned().flatten()?;
        return (caller.id() == Some(&id)).then_some(itself);
    }
    if caller.id() == Some(name) {
        return Some(itself);
    }
    if caller.arn().as_deref() == Some(name) {
        return Some(Meant::Itself);
    }
    (caller.arn_behind().as_deref() == Some(name)).then_some(Meant::Behind)
}
