//! Few names, and each close to another: so that what is asked nearly fits what is written.

pub const OURS: &str = "111122223333";
pub const THEIRS: &str = "444455556666";

/// What is called, by what it is called upon.
pub const KEY_ACTIONS: &[&str] = &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:decrypt"];
pub const BUCKET_ACTIONS: &[&str] = &["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"];
pub const ROLE_ACTIONS: &[&str] = &["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"];

pub const KEY_PATTERNS: &[&str] =
    &["kms:*", "*", "kms:De*", "kms:D?crypt", "kms:?ecrypt", "KMS:decrypt", "kms:Decrypt", "kms:*crypt", "kms:*e*y*"];
pub const BUCKET_PATTERNS: &[&str] =
    &["s3:*", "*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:*Object", "s3:GetObject?*", "s3:???Object"];
pub const ROLE_PATTERNS: &[&str] = &["sts:*", "sts:AssumeRole", "sts:AssumeRole*", "STS:assumerole", "sts:*Session"];

pub const KEYS: &[&str] = &[
    "arn:aws:kms:us-east-1:111122223333:key/aaaa",
    "arn:aws:kms:us-east-1:111122223333:key/aaab",
    "arn:aws:kms:us-east-1:111122223333:key/alice",
    "arn:aws:kms:us-west-1:111122223333:key/aaaa",
];
pub const OBJECTS: &[&str] = &[
    "arn:aws:s3:::box/alice/x",
    "arn:aws:s3:::box/Alice/x",
    "arn:aws:s3:::box/red/x",
    "arn:aws:s3:::box/none/x",
    "arn:aws:s3:::box/*",
    "arn:aws:s3:::box/a:b/x",
    "arn:aws:s3:::box:key/x",
    "arn:aws:s3:::box:x",
    "arn:aws:s3:::boxes",
];
pub const ROLES: &[&str] = &["arn:aws:iam::111122223333:role/App", "arn:aws:iam::111122223333:role/team/Ops"];

pub const KEY_RESOURCES: &[&str] = &[
    "*",
    "arn:aws:kms:*",
    "arn:aws:kms:us-east-1:111122223333:key/aaaa",
    "arn:aws:kms:us-east-1:111122223333:key/AAAA",
    "arn:aws:kms:us-east-1:111122223333:key/aaa?",
    "arn:aws:kms:us-*-1:111122223333:key/*",
    "arn:aws:kms:us-?ast-1:*:key/aa*",
    "arn:aws:kms:*:111122223333:key/*a",
    "arn:aws:kms:us-east-1:444455556666:key/aaaa",
    "arn:aws:kms:us-east-1:111122223333:key/${aws:username}",
    "arn:aws:kms:us-east-1:111122223333:key/${AWS:UserName, 'aaaa'}",
    "arn:aws:kms:us-east-1:111122223333:key/${aws:PrincipalTag/team}*",
];
pub const BUCKET_RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::box/*",
    "arn:aws:s3:::box*",
    "arn:aws:s3:::*",
    "arn:aws:s3:*:x",
    "arn:aws:s3:?:box:x",
    "arn:aws:s3:::box/?:?/x",
    "arn:aws:s3:::box?key/x",
    "arn:aws:s3:::box/*/x",
    "arn:aws:s3:::box/${aws:username}/*",
    "arn:aws:s3:::box/${aws:PrincipalTag/team}/x",
    "arn:aws:s3:::box/${aws:PrincipalTag/team, 'none'}/x",
    "arn:aws:s3:::box/${aws:TagKeys}/x",
    "arn:aws:s3:::box/${aws:TagKeys, 'red'}/x",
    "arn:aws:s3:::box/${*}",
    "arn:aws:s3:::box/${?}",
    "arn:aws:s3:::box/alice/x",
];

/// The AWS principals that policies name.
pub const NAMES: &[&str] = &[
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "444455556666",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:user/Alice",
    "arn:aws:iam::111122223333:user/team/bob",
    "arn:aws:iam::444455556666:user/alice",
    "arn:aws:iam::111122223333:role/App",
    "arn:aws:iam::111122223333:role/team/Ops",
    "arn:aws:iam::444455556666:role/App",
    "arn:aws:sts::111122223333:assumed-role/App/build",
    "arn:aws:sts::111122223333:assumed-role/Ops/build",
    "arn:aws:sts::444455556666:assumed-role/App/build",
    "arn:aws:sts::111122223333:federated-user/guest",
    "arn:aws:sts::111122223333:federated-user/Guest",
    "AIDAAAAAAAAAAAAALICE1",
    "AROAAAAAAAAAAAAAAPP11",
    "AROAAAAAAAAAAAAAAPP14",
];
pub const SERVICES: &[&str] = &["s3.amazonaws.com", "logs.amazonaws.com"];
pub const PROVIDERS: &[&str] = &["accounts.google.com", "arn:aws:iam::111122223333:oidc-provider/idp.example.com"];

/// What a key holds, and so which operators belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Text,
    Number,
    Time,
    Bool,
    Binary,
    Address,
    Arn,
    /// Any number of texts.
    Texts,
}

/// A key as policies write it, its sort, what a request may have for it, and what policies compare it with.
pub type Key = (&'static str, Sort, &'static [&'static str], &'static [&'static str]);

pub const CONDITION_KEYS: &[Key] = &[
    ("aws:PrincipalTag/team", Sort::Text, &["red", "Red", "blue", "*", "r?d"], TEXTS),
    ("aws:principaltag/TEAM", Sort::Text, &[], TEXTS),
    ("kms:ViaService", Sort::Text, &["red", "re", "reds", ""], TEXTS),
    ("kms:EncryptionContext:stage", Sort::Text, &["", "red", "Red"], &["", "red", "RED", "*", "?", "r*"]),
    ("s3:max-keys", Sort::Number, &["5", "10", "10.0", "-1", "9.99", "red"], &["10", "5", "10.00", "-1", "9.989"]),
    ("aws:CurrentTime", Sort::Time, TIMES, TIMES),
    ("aws:SecureTransport", Sort::Bool, &["true", "false"], &["true", "false"]),
    ("aws:MultiFactorAuthPresent", Sort::Bool, &["true", "false"], &["true", "false"]),
    ("kms:RecipientAttestation:PCR0", Sort::Binary, &["YWJj", "YWJD", "YQ=="], &["YWJj", "YWJD", "YQ=="]),
    (
        "aws:SourceIp",
        Sort::Address,
        &["10.0.0.5", "10.0.1.5", "2001:db8::5", "2001:db8:1::5", "red"],
        &["10.0.0.0/24", "10.0.0.5", "10.0.1.4/31", "0.0.0.0/0", "2001:DB8::/32", "2001:db8::5", "::/0", "10.0.0.9/23"],
    ),
    (
        "aws:SourceArn",
        Sort::Arn,
        &[
            "arn:aws:sns:us-east-1:444455556666:x:111122223333:red",
            "arn:aws:s3:::box",
            "arn:aws:sns:us-east-1:111122223333:red:x",
            "arn:aws:sns:us-east-1:111122223333:Red",
            "red",
        ],
        ARN_PATTERNS,
    ),
    ("aws:TagKeys", Sort::Texts, &["red", "Red", "blue", "r*", ""], TEXTS),
    ("kms:EncryptionContextKeys", Sort::Texts, &["red", "blue"], TEXTS),
    // Of the caller.
    ("aws:username", Sort::Text, &[], &["alice", "Alice", "bob", "team/bob", "al*"]),
    (
        "aws:userid",
        Sort::Text,
        &[],
        &["AROAAAAAAAAAAAAAAPP11:*", "*:build", "AIDAAAAAAAAAAAAALICE1", "111122223333:guest"],
    ),
    (
        "aws:PrincipalArn",
        Sort::Arn,
        &[],
        &[
            "arn:aws:iam::*:user/*",
            "arn:aws:iam::111122223333:role/App",
            "arn:aws:*::111122223333:*",
            "arn:aws:sts::*:*",
        ],
    ),
    ("aws:PrincipalAccount", Sort::Text, &[], &["111122223333", "444455556666"]),
    ("aws:PrincipalType", Sort::Text, &[], &["User", "AssumedRole", "Account", "FederatedUser", "Anonymous"]),
    ("aws:PrincipalIsAWSService", Sort::Bool, &[], &["true", "false"]),
    ("aws:PrincipalServiceName", Sort::Text, &[], &["s3.amazonaws.com", "*.amazonaws.com"]),
];

const TEXTS: &[&str] = &[
    "red",
    "RED",
    "blue",
    "r*",
    "r?d",
    "*",
    "?e*",
    "${aws:PrincipalTag/team}",
    "${aws:principaltag/team, 'red'}",
    "${kms:ViaService}",
    "${kms:ViaService, 'r*'}",
    "${aws:TagKeys, 'red'}",
    "r${?}d",
    "${*}",
    "${aws:username}*",
];
const TIMES: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:01Z",
    "2026-01-01T01:00:00+01:00",
    "2025-12-31T23:00Z",
    "2026-01-01",
    "1767225600",
    "1767225601",
    "2024-02-29T12:00:00Z",
];
const ARN_PATTERNS: &[&str] = &[
    "arn:aws:s3:::box",
    "arn:aws:s3:::BOX",
    "arn:aws:s3:::b?x",
    "arn:aws:sns:*:*:*",
    "arn:aws:sns:*:red",
    "arn:aws:sns:*:1*:x",
    "arn:aws:sns:us-east-1:111122223333:${kms:ViaService}*",
    "arn:aws:sns:*:111122223333:red",
    "arn:*:s*:*:*:*",
];

/// The operators of a sort. Each is also tried with `IfExists`, and with `ForAllValues:` and `ForAnyValue:`.
pub fn operators(sort: Sort) -> &'static [&'static str] {
    const TEXT: &[&str] = &[
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ];
    match sort {
        Sort::Text | Sort::Texts => TEXT,
        Sort::Number => &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        Sort::Time => &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        Sort::Bool => &["Bool"],
        Sort::Binary => &["BinaryEquals"],
        Sort::Address => &["IpAddress", "NotIpAddress"],
        Sort::Arn => &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringEquals"],
    }
}
