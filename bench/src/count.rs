//! What is counted: a part of a call, said so many times in a house of one process.
//!
//! All that a repetition needs is made ready for `prepared` of them, whatever `times` is. So two runs that differ in `times` alone
//! differ by nothing but the repetitions.

use bytes::Bytes;
use house::{ACCOUNT, Actor, House, Upward, keys};
use kernel::{Caller, Claim, Opened};
use names::{AccountId, COMMERCIAL_REGIONS, KeyRef, Region};
use policy::{Document, Kind, NoFacts, Principal, Request, ResourceSide, Source, Sources};
use secret::Secret;
use shape::Empty;
use shapes_iam::CreateAccessKeyOutput;
use shapes_kms::{CreateKey, CreateKeyInput, Decrypt, DecryptInput, Encrypt, EncryptInput};
use std::hint::black_box;
use std::sync::Arc;
use wire::sigv4::{Door, Head, Rules, read};

#[derive(clap::Args)]
pub struct Options {
    #[arg(long, value_enum)]
    part: Part,
    #[arg(long)]
    times: usize,
    #[arg(long)]
    prepared: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Part {
    /// One Decrypt through the gate, from the admitted caller to the recorded answer, on the memory engine.
    Decrypt,
    /// One decision upon the policy of a user and the policy of a key.
    Policy,
    /// One signature: the head read, the body hashed, the credential found, the vault's check, the ticket.
    Sigv4,
}

pub const ALL: [Part; 3] = [Part::Decrypt, Part::Policy, Part::Sigv4];

impl Part {
    pub fn name(self) -> &'static str {
        match self {
            Self::Decrypt => "decrypt",
            Self::Policy => "policy",
            Self::Sigv4 => "sigv4",
        }
    }
}

const USER_POLICY: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["kms:Encrypt","kms:Decrypt","kms:GenerateDataKey*","kms:DescribeKey"],"Resource":"*"},
    {"Effect":"Deny","Action":"kms:ScheduleKeyDeletion","Resource":"*"}]}"#;

pub fn run(options: &Options) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        match options.part {
            Part::Decrypt => decrypt(options).await,
            Part::Policy => policy(options),
            Part::Sigv4 => sigv4(options).await,
        }
    });
}

async fn decrypt(options: &Options) {
    let (house, admin) = administrator().await;
    let key = admin.call::<CreateKey>(CreateKeyInput::default()).await;
    let id = key.output().key_metadata.as_ref().unwrap().arn.clone().unwrap();
    let plaintext = Secret::fill(32, |bytes| bytes.fill(7));
    let sealed = admin.call::<Encrypt>(EncryptInput::new(KeyRef::parse(&id.to_string()), plaintext)).await;
    let blob = sealed.output().ciphertext_blob.clone().unwrap();
    let input = || DecryptInput { ciphertext_blob: Some(blob.clone()), ..DecryptInput::default() };
    admin.call::<Decrypt>(input()).await.output();
    let mut ready: Vec<(Caller, DecryptInput)> = Vec::with_capacity(options.prepared);
    for _ in 0..options.prepared {
        ready.push((admin.caller().await.unwrap(), input()));
    }
    for (caller, input) in ready.into_iter().take(options.times) {
        let recorded = house.door().call::<Decrypt>(caller, input).await.unwrap();
        assert!(recorded.ending().is_ok(), "the call was refused");
        black_box(&recorded);
    }
    leave();
}

/// Houses of tests audit their whole trail in the end, which is not what is counted.
fn leave() -> ! {
    std::process::exit(0)
}

/// The administrator of a house that was founded as the program founds one.
async fn administrator() -> (Arc<House>, Actor) {
    let upward = Upward {
        credentials: Box::new(iam::Directory),
        principals: Box::new(iam::Directory),
        documents: Box::new(iam::Directory),
    };
    let house = House::plan([&iam::SERVICE, &kms::SERVICE]).upward(upward).boot().await;
    let account = AccountId::parse(ACCOUNT).unwrap();
    let founding =
        house.rounds("iam").recorded::<iam::FoundAccount>(account, house.region().clone(), Empty).await.unwrap();
    let Opened::Answer(answer) = founding.open(&keys().exit) else { panic!("the account was not founded") };
    let key = &answer.output::<CreateAccessKeyOutput>().unwrap().access_key;
    let admin = house.holder(account, "", &key.access_key_id, &key.secret_access_key);
    (house, admin)
}

fn policy(options: &Options) {
    let user = Document::parse(USER_POLICY, Kind::Identity).unwrap();
    let of_key = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow",
        "Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}"#;
    let of_key = Document::parse(of_key, Kind::KeyPolicy).unwrap();
    let account = AccountId::parse("111122223333").unwrap();
    let identity = [Source { name: "inline:0", document: &user }];
    for _ in 0..options.times {
        let request = Request {
            principal: Principal::User {
                account,
                arn: "arn:aws:iam::111122223333:user/alice",
                id: "AIDAEXAMPLE",
                name: "alice",
            },
            action: "kms:Decrypt",
            resource: "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            resource_account: Some(account),
            facts: &NoFacts,
        };
        let sources = Sources {
            identity: &identity,
            boundary: None,
            session: None,
            guardrails: &[],
            resource: ResourceSide::Explicit(Source { name: "key-policy", document: &of_key }),
            grant: None,
        };
        let decision = policy::evaluate(black_box(&request), black_box(&sources));
        assert!(matches!(decision, policy::Decision::Allow(_)), "the request was denied");
    }
}

async fn sigv4(options: &Options) {
    let (house, user) = administrator().await;
    let regions: Vec<Region> = COMMERCIAL_REGIONS.iter().map(|name| Region::parse(name).unwrap()).collect();
    let body = Bytes::from(format!(r#"{{"CiphertextBlob":"{}"}}"#, "A".repeat(176)));
    let time = house.clock().now().iso_basic();
    let authorization = authorization(&house, &user, &time, &body);
    let origins: Vec<_> = (0..options.prepared).map(|_| user.origin()).collect();
    for origin in origins.into_iter().take(options.times) {
        let headers = headers(&time, &authorization);
        let head = Head { method: "POST", raw_path: "/", raw_query: "", headers: &headers, http2: false };
        let claim =
            read(&head, &Rules::of("kms", &regions), origin.arrived, || cipher::sha256(&body)).and_then(Door::signed);
        let caller = house.door().admit(as_claim(claim.unwrap()), origin).await;
        assert!(black_box(caller).is_ok(), "the signature was refused");
    }
    leave();
}

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";
const HOST: &str = "kms.ap-northeast-1.amazonaws.com";
const TARGET: &str = "TrentService.Decrypt";

fn headers<'a>(time: &'a str, authorization: &'a str) -> Vec<(&'static str, &'a [u8])> {
    vec![
        ("host", HOST.as_bytes()),
        ("x-amz-target", TARGET.as_bytes()),
        ("content-type", CONTENT_TYPE.as_bytes()),
        ("user-agent", b"Boto3/1.43.0 md/Botocore#1.43.0 ua/2.1 os/linux lang/python#3.13"),
        ("x-amz-date", time.as_bytes()),
        ("authorization", authorization.as_bytes()),
        ("content-length", b"198"),
    ]
}

fn authorization(house: &House, user: &Actor, time: &str, body: &[u8]) -> String {
    use crate::sigv4::{SIGNED_HEADERS, canonical, push_hex};
    let (date, region) = (time.get(..8).unwrap(), house.region().as_str());
    let scope = format!("{date}/{region}/kms/aws4_request");
    let mut string = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n");
    push_hex(&mut string, &cipher::sha256(&canonical([CONTENT_TYPE, HOST, time, TARGET], body)));
    let mut signature = String::new();
    push_hex(&mut signature, &user.sign(date, region, "kms", &string));
    let id = user.access_key_id();
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}")
}

/// As the server does.
fn as_claim(claim: wire::sigv4::Claim) -> Claim {
    Claim {
        request: cipher::sha256(claim.string_to_sign.as_bytes()),
        access_key_id: claim.access_key_id,
        token: claim.token,
        string_to_sign: claim.string_to_sign,
        second_string: claim.second_string,
        date: claim.scope.date,
        region: claim.scope.region.to_string(),
        service: claim.scope.service,
        signature: claim.signature,
        expires: claim.valid_until,
    }
}
