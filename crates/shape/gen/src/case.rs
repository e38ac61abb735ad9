//! The model's names in Rust's cases.

/// `KeyId` is `key_id`, `SSHPublicKeys` is `ssh_public_keys`, `ARNs` is `arns`.
pub fn snake(name: &str) -> String {
    words(name).join("_")
}

/// `userNameType` is `UserNameType`. Only the first letter changes: the rest is AWS's own spelling.
pub fn pascal(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

/// `KeyIdType` is `KEY_ID_TYPE`.
pub fn screaming(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// A field's name, as a raw identifier where Rust keeps the word for itself.
pub fn field(name: &str) -> String {
    let snake = snake(name);
    if KEYWORDS.contains(&snake.as_str()) { format!("r#{snake}") } else { snake }
}

/// A variant's name: `RSA_2048` is `Rsa2048`, `SYMMETRIC_DEFAULT` is `SymmetricDefault`, `Active` is `Active`. `None` where the value holds
/// nothing that a name may begin with.
pub fn variant(value: &str) -> Option<String> {
    let mut name = String::new();
    for word in value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let shouted = !word.chars().any(|c| c.is_ascii_lowercase());
        for (index, c) in word.chars().enumerate() {
            name.push(match (index, shouted) {
                (0, _) => c.to_ascii_uppercase(),
                (_, true) => c.to_ascii_lowercase(),
                (_, false) => c,
            });
        }
    }
    match name.chars().next() {
        None => None,
        Some(first) if first.is_ascii_digit() => Some(format!("V{name}")),
        // The one keyword that a variant could be, and no raw identifier may be.
        Some(_) if name == "Self" => Some("Itself".to_owned()),
        Some(_) => Some(name),
    }
}

/// The keywords of edition 2024 that may be raw identifiers.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The words of a name in lower case. A run of capitals is one word, with the plural that may follow it.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('_');
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, c) in chars.iter().copied().enumerate() {
        let previous = index.checked_sub(1).map_or('_', at);
        let plural = at(index + 1) == 's' && !at(index + 2).is_ascii_lowercase();
        let begins = c.is_ascii_uppercase()
            && (!previous.is_ascii_uppercase() || (at(index + 1).is_ascii_lowercase() && !plural));
        if (begins || !c.is_ascii_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("KeyId", "key_id"),
            ("SSHPublicKeys", "ssh_public_keys"),
            ("SSEAlgorithm", "sse_algorithm"),
            ("ARNs", "arns"),
            ("KeyIDs", "key_ids"),
            ("VirtualMFADevices", "virtual_mfa_devices"),
            ("GenerateDataKeyWithoutPlaintext", "generate_data_key_without_plaintext"),
            ("userNameType", "user_name_type"),
            ("Sha256", "sha256"),
            ("x-amz-meta", "x_amz_meta"),
        ] {
            assert_eq!(snake(name), expected);
        }
        assert_eq!(field("Type"), "r#type");
        assert_eq!(field("KeyId"), "key_id");
        assert_eq!(pascal("statusType"), "StatusType");
        assert_eq!(screaming("KeyIdType"), "KEY_ID_TYPE");
    }

    #[test]
    fn values_become_variants() {
        for (value, expected) in [
            ("RSA_2048", Some("Rsa2048")),
            ("SYMMETRIC_DEFAULT", Some("SymmetricDefault")),
            ("RSAES_OAEP_SHA_256", Some("RsaesOaepSha256")),
            ("Active", Some("Active")),
            ("EventId", Some("EventId")),
            ("aws:kms", Some("AwsKms")),
            ("2012-10-17", Some("V20121017")),
            ("*", None),
            ("SELF", Some("Itself")),
        ] {
            assert_eq!(variant(value).as_deref(), expected);
        }
    }
}
