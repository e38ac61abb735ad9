//! What is asked of a user's policies before they are kept:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

use crate::fault::Fault;
use crate::roles::RoleRecord;
use crate::tables::UserRecord;
use kernel::{Bindings, Outside, Stop, Unbound};
use policy::{Class, Document, Kind, ROLE_INLINE_CHARS_MAX, TRUST_POLICY_CHARS_MAX, USER_INLINE_CHARS_MAX};

/// Managed policies that may be attached to a user, or to a role.
pub const ATTACHED_MAX: usize = 10;
/// How AWS calls these quotas.
pub const PER_USER: &str = "PoliciesPerUser";
pub const PER_ROLE: &str = "PoliciesPerRole";

/// Parses; the caller hears what is wrong.
pub fn parse(text: &str, user: &str) -> Result<Document, Fault> {
    Document::parse(text, Kind::Identity).map_err(|malformed| match malformed.class() {
        Class::TooLarge => too_large(user),
        _ => Fault::MalformedPolicy(malformed.text().to_owned()),
    })
}

/// The size of all inline policies together, white space left out, is limited.
pub fn check_size(user: &UserRecord, name: &str, document: &Document) -> Result<(), Fault> {
    let others = user.inline.iter().filter(|(other, _)| *other != *name);
    let whole = others.map(|(_, text)| counted(text)).sum::<usize>() + document.counted_chars();
    if whole > USER_INLINE_CHARS_MAX { Err(too_large(&user.name)) } else { Ok(()) }
}

/// An inline policy of a role.
pub fn parse_of_role(text: &str, role: &str) -> Result<Document, Fault> {
    Document::parse(text, Kind::Identity).map_err(|malformed| match malformed.class() {
        Class::TooLarge => role_too_large(role),
        _ => Fault::MalformedPolicy(malformed.text().to_owned()),
    })
}

/// The size of all inline policies of a role together, white space left out, is limited.
pub fn check_size_of_role(role: &RoleRecord, name: &str, document: &Document) -> Result<(), Fault> {
    let others = role.inline.iter().filter(|(other, _)| *other != *name);
    let whole = others.map(|(_, text)| counted(text)).sum::<usize>() + document.counted_chars();
    if whole > ROLE_INLINE_CHARS_MAX { Err(role_too_large(&role.name)) } else { Ok(()) }
}

/// A trust policy.
pub fn parse_trust(text: &str) -> Result<Document, Fault> {
    let document = Document::parse(text, Kind::Trust).map_err(|malformed| match malformed.class() {
        Class::TooLarge => trust_too_large(),
        _ => Fault::MalformedPolicy(malformed.text().to_owned()),
    })?;
    if document.counted_chars() > TRUST_POLICY_CHARS_MAX { Err(trust_too_large()) } else { Ok(document) }
}

/// Every principal of a trust policy must exist.
pub async fn bind_trust(text: &str, outside: &mut Outside<'_>) -> Result<Bindings, Stop<Fault>> {
    let document = parse_trust(text)?;
    outside.bind(&document).await.map_err(|unbound| match unbound {
        Unbound::Nobody(who) => {
            Fault::MalformedPolicy(format!("Invalid principal in policy: \"AWS\":\"{who}\"")).into()
        }
        Unbound::Broken(breakage) => breakage.into(),
    })
}

fn trust_too_large() -> Fault {
    Fault::LimitExceeded(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_POLICY_CHARS_MAX}"))
}

fn role_too_large(role: &str) -> Fault {
    Fault::LimitExceeded(format!("Maximum policy size of {ROLE_INLINE_CHARS_MAX} bytes exceeded for role {role}"))
}

fn counted(text: &str) -> usize {
    text.chars().filter(|char| !char.is_whitespace()).count()
}

fn too_large(user: &str) -> Fault {
    Fault::LimitExceeded(format!("Maximum policy size of {USER_INLINE_CHARS_MAX} bytes exceeded for user {user}"))
}

/// Puts an inline policy in its place by name. One of that name is replaced.
pub fn put(inline: &mut Vec<(String, String)>, name: &str, text: &str) {
    match inline.binary_search_by(|(other, _)| other.as_str().cmp(name)) {
        Ok(index) => {
            if let Some((_, old)) = inline.get_mut(index) {
                text.clone_into(old);
            }
        }
        Err(index) => inline.insert(index, (name.to_owned(), text.to_owned())),
    }
}

/// Attaches a managed policy; `false` if it is attached already.
pub fn attach(attached: &mut Vec<String>, arn: &str, quota: &str) -> Result<bool, Fault> {
    match attached.binary_search_by(|other| other.as_str().cmp(arn)) {
        Ok(_) => Ok(false),
        Err(_) if attached.len() >= ATTACHED_MAX => Err(Fault::quota(quota, ATTACHED_MAX)),
        Err(index) => {
            attached.insert(index, arn.to_owned());
            Ok(true)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_stand_in_the_order_of_their_names() {
        let mut inline = Vec::new();
        for (name, text) in [("b", "1"), ("a", "2"), ("c", "3"), ("b", "4")] {
            put(&mut inline, name, text);
        }
        let pairs: Vec<_> = inline.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(pairs, [("a", "2"), ("b", "4"), ("c", "3")]);
    }

    #[test]
    fn ten_policies_are_attached_and_no_more() {
        let mut attached = Vec::new();
        for number in (0..ATTACHED_MAX).rev() {
            assert_eq!(attach(&mut attached, &format!("arn:{number}"), PER_USER), Ok(true));
        }
        assert_eq!(attach(&mut attached, "arn:0", PER_USER), Ok(false));
        let refused = Fault::LimitExceeded("Cannot exceed quota for PoliciesPerUser: 10".to_owned());
        assert_eq!(attach(&mut attached, "arn:x", PER_USER), Err(refused));
        assert!(attached.is_sorted());
    }
}
