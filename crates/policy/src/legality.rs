//! What a well-formed document may not say, kind by kind, in the order in which IAM finds it.
//!
//! The order and the texts for identity policies are those that were recorded from CreatePolicy: version, legacy
//! parsing, statement ids, actions, resources, the form of resources, the form of actions.

use crate::Kind;
use crate::condition::{Quantifier, Test};
use crate::grammar::{Draft, Sentence, Word};
use crate::malformed::{Class, Malformed};
use crate::operand::Instant;
use crate::principal::{Named, PrincipalName};
use std::collections::HashSet;

pub(crate) fn check(draft: &Draft<'_>, kind: Kind) -> Result<(), Malformed> {
    let statements = &draft.statements;
    statements.iter().try_for_each(|statement| prohibited(statement, kind))?;
    if kind == Kind::Managed {
        version(draft)?;
    }
    statements.iter().try_for_each(legacy)?;
    let resource_fault = if kind.is_identity() { resources(statements)? } else { None };
    sids(statements, kind)?;
    if kind != Kind::KeyPolicy {
        statements.iter().try_for_each(actions_present)?;
    }
    if kind.is_identity() || kind == Kind::Resource {
        statements.iter().try_for_each(resources_present)?;
    }
    resource_fault.map_or(Ok(()), Err)?;
    for action in statements.iter().filter_map(|statement| statement.actions.as_ref()).flat_map(|phrase| &phrase.items)
    {
        action_form(*action, kind)?;
    }
    if kind == Kind::KeyPolicy {
        statements.iter().try_for_each(overly_permissive)?;
    }
    Ok(())
}

/// The principals of a statement. An identity policy has none: its holder is the principal.
pub(crate) fn principals(statement: &Sentence<'_>, kind: Kind) -> Result<Vec<Named>, Malformed> {
    let Some(phrase) = &statement.principals else {
        return Ok(Vec::new());
    };
    let name = |(family, word): &(&str, Word<'_>)| {
        let name = match *family {
            "AWS" => PrincipalName::aws(word.text),
            "Service" => PrincipalName::service(word.text),
            "Federated" => PrincipalName::provider(word.text),
            // A canonical user stands for an account that only S3 could tell; without S3 it would name nobody.
            _ => None,
        };
        name.map(Named::new).ok_or_else(|| {
            let text = match kind {
                Kind::KeyPolicy => "Policy contains a statement with one or more invalid principals.".to_owned(),
                Kind::Trust => format!("Invalid principal in policy: \"{family}\":\"{}\"", word.text),
                Kind::Identity | Kind::Managed | Kind::Resource => "Invalid principal in policy".to_owned(),
            };
            Malformed::new(Class::Principal, text, word.at)
        })
    };
    phrase.items.iter().map(name).collect()
}

fn prohibited(statement: &Sentence<'_>, kind: Kind) -> Result<(), Malformed> {
    let principals = statement.principals.as_ref();
    if kind.is_identity() {
        return principals.map_or(Ok(()), |phrase| {
            Err(Malformed::new(Class::Prohibited, "Policy document should not specify a principal.", phrase.at))
        });
    }
    if kind == Kind::Trust {
        let resources = statement.resources.as_ref().map(|phrase| (phrase.element, phrase.at));
        let not_principal = principals.filter(|phrase| phrase.not).map(|phrase| (phrase.element, phrase.at));
        if let Some((element, at)) = resources.or(not_principal) {
            return Err(Malformed::new(Class::Prohibited, format!("Has prohibited field {element}"), at));
        }
    }
    let text = match (kind, principals) {
        (_, Some(phrase)) if !phrase.items.is_empty() => return Ok(()),
        (Kind::KeyPolicy, _) => "Policy contains a statement with no principal.",
        (_, Some(_)) => "Missing required field Principal cannot be empty!",
        (_, None) => "Missing required field Principal",
    };
    Err(Malformed::new(Class::PrincipalMissing, text, statement.at))
}

fn version(draft: &Draft<'_>) -> Result<(), Malformed> {
    match draft.version {
        Some(("2012-10-17", _)) => Ok(()),
        other => {
            let at = other.map_or(draft.at, |(_, at)| at);
            Err(Malformed::new(Class::Version, "Policy document must be version 2012-10-17 or greater.", at))
        }
    }
}

fn legacy(statement: &Sentence<'_>) -> Result<(), Malformed> {
    if !matches!(statement.effect.text, "Allow" | "Deny") {
        return Err(Malformed::legacy(statement.effect.at));
    }
    let dates = statement.conditions.iter().filter(|clause| matches!(clause.operator.test, Test::Date(_)));
    for clause in dates {
        if clause.values.iter().any(|value| Instant::parse(value).is_none()) {
            return Err(Malformed::legacy(clause.values_at));
        }
    }
    Ok(())
}

fn sids(statements: &[Sentence<'_>], kind: Kind) -> Result<(), Malformed> {
    let mut seen = HashSet::new();
    for sid in statements.iter().filter_map(|statement| statement.sid).filter(|sid| !sid.text.is_empty()) {
        if !seen.insert(sid.text) {
            let text = "Statement IDs (SID) in a single policy must be unique.";
            return Err(Malformed::new(Class::DuplicateSid, text, sid.at));
        }
        if kind.is_iam() && !sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let text = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular \
                        expression [0-9A-Za-z]*";
            return Err(Malformed::new(Class::SidCharacter, text, sid.at));
        }
    }
    Ok(())
}

fn actions_present(statement: &Sentence<'_>) -> Result<(), Malformed> {
    match &statement.actions {
        Some(phrase) if !phrase.items.is_empty() => Ok(()),
        other => {
            let at = other.as_ref().map_or(statement.at, |phrase| phrase.at);
            Err(Malformed::new(Class::ActionMissing, "Policy statement must contain actions.", at))
        }
    }
}

fn resources_present(statement: &Sentence<'_>) -> Result<(), Malformed> {
    match &statement.resources {
        Some(phrase) if !phrase.items.is_empty() => Ok(()),
        other => {
            let at = other.as_ref().map_or(statement.at, |phrase| phrase.at);
            Err(Malformed::new(Class::ResourceMissing, "Policy statement must contain resources.", at))
        }
    }
}

fn action_form(action: Word<'_>, kind: Kind) -> Result<(), Malformed> {
    let fail = |text: String| Err(Malformed::new(Class::Action, text, action.at));
    let (vendor, name) = match action.text.split_once(':') {
        None if action.text == "*" => ("*", "*"),
        None => return fail("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned()),
        Some(parts) => parts,
    };
    if name.contains(':') {
        return fail("Actions/Condition can contain only one colon.".to_owned());
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if vendor != "*" && !vendor.bytes().all(legal) {
        return fail(format!("Vendor {vendor} is not valid"));
    }
    if kind == Kind::Trust && !vendor.eq_ignore_ascii_case("sts") {
        return fail("AssumeRole policy may only specify STS AssumeRole actions.".to_owned());
    }
    Ok(())
}

/// The first resource of a wrong form. It is reported after other faults; a resource that the legacy parser chokes on
/// at once.
fn resources(statements: &[Sentence<'_>]) -> Result<Option<Malformed>, Malformed> {
    for resource in
        statements.iter().filter_map(|statement| statement.resources.as_ref()).flat_map(|phrase| &phrase.items)
    {
        if let Err(fault) = resource_form(resource) {
            return Ok(Some(fault));
        }
        let text = resource.text;
        let parts = text.split(':').count();
        if text != "*" && ((parts < 6 && text.contains("::")) || text.split(':').nth(2) == Some("")) {
            return Err(Malformed::legacy(resource.at));
        }
    }
    Ok(None)
}

/// Paths that an IAM resource may begin with, in the words of IAM's message.
const IAM_PATHS: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

fn resource_form(resource: &Word<'_>) -> Result<(), Malformed> {
    let text = resource.text;
    let fail = |text: String| Err(Malformed::new(Class::Resource, text, resource.at));
    if text == "*" {
        return Ok(());
    }
    let Some((_, rest)) = text.split_once(':') else {
        return fail(format!("Resource {text} must be in ARN format or \"*\"."));
    };
    let mut parts = rest.splitn(5, ':');
    let mut part = || parts.next();
    let (partition, service, region, account, path) = (part().unwrap_or_default(), part(), part(), part(), part());
    // Wildcards stand for any partition: AWS's own policies are written so.
    if partition != "aws" && !partition.contains('*') {
        let shown = |part: Option<&str>| part.unwrap_or("*").to_owned();
        let last = path.map_or_else(|| shown(account), |path| format!("{}:{path}", shown(account)));
        let arn = format!("arn:{partition}:{}:{}:{last}", shown(service), shown(region));
        let arn = if path.is_none() { format!("{arn}:*") } else { arn };
        return fail(format!("Partition \"{partition}\" is not valid for resource \"{arn}\"."));
    }
    let Some(service) = service else {
        return fail("Resource vendor must be fully qualified and cannot contain regexes.".to_owned());
    };
    let regional = region.is_some_and(|region| !region.is_empty());
    // An access point of S3 has a region, and then an account too.
    if service == "s3" && regional && account == Some("") {
        return fail(format!("Resource {text} can not contain region information."));
    }
    if service != "iam" {
        return Ok(());
    }
    if regional && region != Some("*") {
        return fail(format!("IAM resource {text} cannot contain region information."));
    }
    let path = path.unwrap_or_default();
    let first = path.split_once('/').map_or(path, |(first, _)| first);
    if !first.contains(['*', '?', '$']) && !IAM_PATHS.iter().any(|known| path.starts_with(known)) {
        let known = IAM_PATHS.join(", ");
        return fail(format!("IAM resource path must either be \"*\" or start with {known}."));
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context>: one
/// context pair or one tag has one value, and `ForAllValues` holds when it has none.
fn overly_permissive(statement: &Sentence<'_>) -> Result<(), Malformed> {
    let single = |key: &str| {
        let key = key.to_ascii_lowercase();
        let tag = key.starts_with("aws:requesttag/") || key.starts_with("aws:resourcetag/");
        tag || key.starts_with("kms:encryptioncontext:")
    };
    let loose = statement.conditions.iter().find(|clause| {
        clause.operator.quantifier == Quantifier::ForAllValues
            && statement.effect.text == "Allow"
            && single(clause.key.text)
    });
    loose.map_or(Ok(()), |clause| {
        let what = if clause.key.text.to_ascii_lowercase().starts_with("kms:") { "encryption context" } else { "tag" };
        let text = format!(
            "OverlyPermissiveCondition: Using the ForAllValues set operator for a single-valued condition key matches \
             requests without the specified {what}, which can be overly permissive. To fix, remove ForAllValues."
        );
        Err(Malformed::new(Class::OverlyPermissive, text, clause.key.at))
    })
}
