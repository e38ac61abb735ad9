//! The names and documents that the simulation uses.

use crate::ask::ACTIONS;
use house::ACCOUNT;

pub fn user_name(user: u8) -> String {
    format!("u{user}")
}

pub fn alias_name(alias: u8) -> String {
    format!("alias/a{alias}")
}

pub fn policy_name(allow: bool) -> &'static str {
    if allow { "allow" } else { "deny" }
}

pub fn user_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
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
