//! A policy document: read once, judged often, never changed.

use crate::condition::Condition;
use crate::glob::Glob;
use crate::grammar::{Draft, Sentence, Word};
use crate::malformed::{Class, Malformed};
use crate::principal::{Binding, Named, PrincipalName};
use crate::template::{Pattern, Wildcards};
use crate::{json, legality, template};
use names::Arn;
use std::fmt;
use std::sync::Arc;

/// The most bytes of any document: `policyDocumentType` in IAM's model.
pub const DOCUMENT_BYTES_MAX: usize = 131_072;
/// The most bytes of a key policy: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>.
pub const KEY_POLICY_BYTES_MAX: usize = 32_768;

// What IAM counts (see `Document::counted_chars`), and allows:
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>.

/// One managed policy.
pub const MANAGED_POLICY_CHARS_MAX: usize = 6_144;
/// All inline policies of a user together.
pub const USER_INLINE_CHARS_MAX: usize = 2_048;
/// All inline policies of a group together.
pub const GROUP_INLINE_CHARS_MAX: usize = 5_120;
/// All inline policies of a role together.
pub const ROLE_INLINE_CHARS_MAX: usize = 10_240;
/// A role's trust policy.
pub const TRUST_POLICY_CHARS_MAX: usize = 2_048;
/// The policy passed when a session begins. White space counts here.
pub const SESSION_POLICY_CHARS_MAX: usize = 2_048;

/// What a document is for, which decides what it may say.
///
/// Not `non_exhaustive`: a new kind must say where it stands in every rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An inline policy of a user, group or role, a session policy, a boundary, a guardrail: no Principal.
    Identity,
    /// A managed policy: an identity policy that must be of version 2012-10-17.
    Managed,
    /// A bucket's, topic's, queue's policy: Principal, Action and Resource are required.
    Resource,
    /// A KMS key's policy. A statement without Action or Resource is accepted, and has no effect.
    KeyPolicy,
    /// A role's trust policy: no Resource, and actions of STS alone.
    Trust,
}

/// A policy document. Clones share nothing but the text; hand out references.
#[derive(Clone)]
pub struct Document {
    text: Arc<str>,
    kind: Kind,
    statements: Box<[Statement]>,
}

#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) sid: Option<Arc<str>>,
    pub(crate) allow: bool,
    /// Whether Action or Resource is missing, so that the statement says nothing.
    pub(crate) dead: bool,
    pub(crate) who: Who,
    /// In lower case.
    pub(crate) actions: Listed<Glob>,
    pub(crate) resources: Listed<Pattern>,
    pub(crate) conditions: Box<[Condition]>,
}

#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// Whoever holds the policy.
    Holder,
    Named(Box<[Named]>),
    NotNamed(Box<[Named]>),
}

/// These, or all but these.
#[derive(Debug, Clone)]
pub(crate) struct Listed<T> {
    pub(crate) not: bool,
    pub(crate) items: Box<[T]>,
}

impl Kind {
    pub(crate) fn is_identity(self) -> bool {
        matches!(self, Self::Identity | Self::Managed)
    }

    /// Whether IAM keeps it, with IAM's alphabet for statement ids.
    pub(crate) fn is_iam(self) -> bool {
        self.is_identity() || self == Self::Trust
    }

    /// The most bytes of a document of this kind, white space included.
    pub fn bytes_max(self) -> usize {
        if self == Self::KeyPolicy { KEY_POLICY_BYTES_MAX } else { DOCUMENT_BYTES_MAX }
    }
}

impl Document {
    /// Reads a document. The cost is linear in the text, and bounded: bytes, depth, statements and members have limits.
    pub fn parse(text: &str, kind: Kind) -> Result<Self, Malformed> {
        Self::read(text, kind).map_err(|malformed| malformed.located(text))
    }

    fn read(text: &str, kind: Kind) -> Result<Self, Malformed> {
        let max = kind.bytes_max();
        if text.len() > max {
            return Err(Malformed::new(Class::TooLarge, format!("The policy is longer than {max} bytes."), max));
        }
        if let Some((at, _)) = text.char_indices().find(|(_, char)| !is_legal(*char)) {
            return Err(Malformed::new(Class::Character, "Syntax errors in policy.", at));
        }
        let root = json::read(text).map_err(|fault| Malformed::of_json(fault, kind))?;
        let draft = Draft::read(&root)?;
        legality::check(&draft, kind)?;
        let variables = draft.version.is_some_and(|(version, _)| version == "2012-10-17");
        let statements = draft.statements.iter().map(|sentence| Statement::new(sentence, kind, variables));
        Ok(Self { text: text.into(), kind, statements: statements.collect::<Result<_, _>>()? })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The size that IAM holds against its quotas: characters without white space.
    pub fn counted_chars(&self) -> usize {
        self.text.chars().filter(|char| !char.is_whitespace()).count()
    }

    /// Every principal that is named, in Principal and NotPrincipal, so that the caller can check that they exist.
    pub fn principals(&self) -> impl Iterator<Item = &PrincipalName> {
        self.named().map(|named| &named.name)
    }

    /// Ties the names of users and roles to the unique ids they have now (AIDA…, AROA…). From then on only who has the
    /// id is meant: a user who is deleted and made anew under the same name inherits nothing, and a name without an id
    /// (`None`) means nobody.
    ///
    /// A document that has not been bound knows users and roles by their ARNs. What was found is to be kept beside the
    /// text ([`Document::bindings`]): to look the names up again when a stored document is read would undo what binding
    /// is for.
    #[must_use]
    pub fn bind(mut self, resolve: &dyn Fn(&Arn) -> Option<String>) -> Self {
        for statement in &mut self.statements {
            if let Who::Named(named) | Who::NotNamed(named) = &mut statement.who {
                named.iter_mut().for_each(|named| named.bind(resolve));
            }
        }
        self
    }

    /// The names that have been bound to an id, with it.
    pub fn bindings(&self) -> impl Iterator<Item = (&Arn, &str)> {
        self.named().filter_map(|named| match &named.binding {
            Binding::Id(id) => named.entity().map(|arn| (arn, &**id)),
            Binding::ByName | Binding::Nobody => None,
        })
    }

    /// The text with other words for some of the users and roles that it names as principals: `word` has the new one. All else stays as
    /// it was given, the same ARN in a condition too.
    pub fn respelled(&self, word: &dyn Fn(&Arn) -> Option<String>) -> String {
        // INVARIANT: the text was read once already.
        let Ok(root) = json::read(&self.text) else { return self.text.to_string() };
        let Ok(draft) = Draft::read(&root) else { return self.text.to_string() };
        let principals = draft.statements.iter().filter_map(|statement| statement.principals.as_ref());
        let named = principals.flat_map(|phrase| &phrase.items).filter(|(family, _)| *family == "AWS");
        let mut new: Vec<(usize, String)> = named
            .filter_map(|(_, old)| match PrincipalName::aws(old.text)? {
                PrincipalName::User(arn) | PrincipalName::Role(arn) => Some((old.at, word(&arn)?)),
                _ => None,
            })
            .collect();
        new.sort_unstable();
        let (mut out, mut done) = (String::with_capacity(self.text.len()), 0);
        for (at, word) in new {
            let old = self.text.get(at..).unwrap_or_default();
            out.push_str(self.text.get(done..at).unwrap_or_default());
            out.push_str(&format!("\"{word}\""));
            done = at + json::string_bytes(old);
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
        out
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        self.statements.iter().flat_map(|statement| match &statement.who {
            Who::Holder => [].iter(),
            Who::Named(named) | Who::NotNamed(named) => named.iter(),
        })
    }

    pub(crate) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("kind", &self.kind).field("text", &self.text).finish()
    }
}

/// The alphabet of `policyDocumentType` and of KMS's `PolicyType`.
fn is_legal(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

impl Statement {
    fn new(sentence: &Sentence<'_>, kind: Kind, variables: bool) -> Result<Self, Malformed> {
        let named = legality::principals(sentence, kind)?.into_boxed_slice();
        let who = match &sentence.principals {
            None => Who::Holder,
            Some(phrase) if phrase.not => Who::NotNamed(named),
            Some(_) => Who::Named(named),
        };
        let action = |word: &Word<'_>| template::glob(&word.text.to_ascii_lowercase(), Wildcards::All);
        let resource = |word: &Word<'_>| Pattern::new(word.text, Wildcards::Arn, variables);
        let silent = |items: Option<usize>| items.is_none_or(|items| items == 0);
        let no_actions = silent(sentence.actions.as_ref().map(|phrase| phrase.items.len()));
        let no_resources = silent(sentence.resources.as_ref().map(|phrase| phrase.items.len()));
        let conditions = sentence.conditions.iter();
        Ok(Self {
            sid: sentence.sid.map(|sid| sid.text.into()),
            allow: sentence.effect.text == "Allow",
            // A trust policy's resource is the role that has it.
            dead: no_actions || (no_resources && kind != Kind::Trust),
            who,
            actions: Listed {
                not: sentence.actions.as_ref().is_some_and(|phrase| phrase.not),
                items: sentence.actions.iter().flat_map(|phrase| phrase.items.iter().map(action)).collect(),
            },
            resources: Listed {
                not: sentence.resources.as_ref().map_or(kind == Kind::Trust, |phrase| phrase.not),
                items: sentence.resources.iter().flat_map(|phrase| phrase.items.iter().map(resource)).collect(),
            },
            conditions: conditions
                .map(|clause| Condition::new(clause.operator, clause.key.text, &clause.values, variables))
                .collect(),
        })
    }
}
