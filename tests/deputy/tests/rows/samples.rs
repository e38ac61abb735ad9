//! Inputs that are made of a schema alone: within all bounds, and naming things that may be there.

use house::{ACCOUNT, Tree};
use shape::{Kind, Member, Schema};

/// What samples cannot know before a house is booted.
pub struct Samples {
    /// The id of a key that is there.
    pub key: String,
}

/// What a member has to say whose shape does not tell: a policy and a role that are there, and whom the role trusts.
fn named(member: &str) -> Option<String> {
    match member {
        "PolicyArn" => Some(format!("arn:aws:iam::{ACCOUNT}:policy/sample")),
        "RoleArn" => Some(format!("arn:aws:iam::{ACCOUNT}:role/sample")),
        "AssumeRolePolicyDocument" => Some(format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ACCOUNT}"}},"Action":"sts:*"}}}}"#
        )),
        _ => None,
    }
}

/// Structures that hold themselves end here.
const DEPTH_MAX: usize = 6;

impl Samples {
    /// The members that have to be there, and no more.
    pub fn required(&self, schema: &'static Schema) -> Tree {
        self.value(schema, &|member| member.required, 0)
    }

    /// All members.
    pub fn full(&self, schema: &'static Schema) -> Tree {
        self.value(schema, &|_| true, 0)
    }

    fn value(&self, schema: &'static Schema, wanted: &dyn Fn(&Member) -> bool, depth: usize) -> Tree {
        let within = |schema| self.value(schema, wanted, depth + 1);
        match &schema.kind {
            Kind::Structure { members } => {
                let members = members.iter().filter(|member| wanted(member) && (member.required || depth < DEPTH_MAX));
                let value = |member: &Member| match named(member.name) {
                    Some(text) => Tree::Text(text),
                    None => within(member.schema),
                };
                Tree::Map(members.map(|member| (member.name.to_owned(), value(member))).collect())
            }
            Kind::List { item, min, .. } => Tree::List((0..(*min).max(1)).map(|_| within(item)).collect()),
            Kind::Map { key, value, .. } => Tree::Map(vec![(self.text(key), within(value))]),
            Kind::Text { .. } | Kind::Enumeration { .. } => Tree::Text(self.text(schema)),
            Kind::Blob { min, .. } => Tree::Text("b".repeat((*min).max(1) as usize)),
            Kind::Integer { min, max, .. } => Tree::Number(10.clamp(*min, *max)),
            Kind::Boolean => Tree::Truth(false),
            Kind::Float | Kind::Time => Tree::Number(1_795_521_600),
        }
    }

    /// A text that the schema admits. Shapes whose texts mean something have a line of their own.
    fn text(&self, schema: &Schema) -> String {
        let root = format!("arn:aws:iam::{ACCOUNT}:root");
        match (schema.name, &schema.kind) {
            ("KeyIdType", _) => self.key.clone(),
            ("AliasNameType", _) => "alias/sample".to_owned(),
            ("PolicyNameType", _) => "default".to_owned(),
            ("PolicyType", _) => format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{root}"}},"Action":"kms:*","Resource":"*"}}}}"#
            ),
            ("policyDocumentType", _) => {
                r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#
                    .to_owned()
            }
            ("arnType", _) => "arn:aws:iam::aws:policy/AdministratorAccess".to_owned(),
            (_, Kind::Enumeration { values }) => values.first().copied().unwrap_or_default().to_owned(),
            (name, Kind::Text { min, max, pattern }) => {
                let fits = |text: &&String| {
                    let length = text.chars().count() as u64;
                    length >= *min && length <= *max && pattern.is_none_or(|pattern| pattern.admits(text))
                };
                let long = "sample".repeat(8);
                let candidates = ["sample", "/sample/", "/", "v1", "1", "123456", &long, &root].map(str::to_owned);
                let Some(text) = candidates.iter().find(fits) else {
                    panic!("no sample fits `{name}`: give it a line in tests/deputy/tests/rows/samples.rs")
                };
                text.clone()
            }
            _ => String::new(),
        }
    }
}
