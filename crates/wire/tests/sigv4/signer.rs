//! A signer on top of the naive canonicaliser, and the check that the vault makes.

use names::{Region, Time};
use wire::sigv4::{Claim, Door, Refused, Rules, read};

use super::naive::{canonical_requests, encoded};
use super::sketch::Sketch;

pub const STAMP: &str = "20261124T212000Z";
const DAY: &str = "20261124";

pub struct Signing {
    pub id: String,
    pub secret: String,
    pub regions: Vec<Region>,
    pub service: &'static str,
    pub now: Time,
}

impl Signing {
    pub fn for_service(service: &'static str) -> Self {
        Self {
            id: "AKIAIOSFODNN7EXAMPLE".into(),
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            regions: vec![Region::parse("ap-northeast-1").unwrap(), Region::parse("us-east-1").unwrap()],
            service,
            now: Time::parse(STAMP).unwrap(),
        }
    }

    pub fn rules(&self) -> Rules<'_> {
        Rules::of(self.service, &self.regions)
    }

    pub fn scope(&self) -> String {
        format!("{}/ap-northeast-1/{}/aws4_request", DAY, self.service)
    }

    /// Adds host, date and (for S3) the hash of the body, and signs all headers. Answers the strings that may be
    /// signed; the one at `form`, or else the last, is.
    pub fn signed(&self, mut sketch: Sketch, form: usize) -> (Sketch, Vec<String>) {
        add_host(&mut sketch);
        sketch.headers.push(("x-amz-date".into(), STAMP.into()));
        let payload = hex(&cipher::sha256(&sketch.body));
        if self.service == "s3" {
            sketch.headers.push(("x-amz-content-sha256".into(), payload.clone().into()));
        }
        let names = names_of(&sketch);
        let strings = self.strings(&sketch, &names, &payload);
        let signature = self.signature(strings.get(form).or(strings.last()).unwrap());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            self.id,
            self.scope(),
            names.join(";")
        );
        sketch.headers.push(("authorization".into(), authorization.into()));
        (sketch, strings)
    }

    /// As `signed`, in the query.
    pub fn presigned(&self, mut sketch: Sketch, expires: &str, form: usize) -> (Sketch, Vec<String>) {
        add_host(&mut sketch);
        let names = names_of(&sketch);
        let parameters = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{}/{}", self.id, self.scope())),
            ("X-Amz-Date", STAMP.to_owned()),
            ("X-Amz-Expires", expires.to_owned()),
            ("X-Amz-SignedHeaders", names.join(";")),
        ];
        for (name, value) in parameters {
            sketch.query += &format!("&{name}={}", encoded(value.as_bytes(), ""));
        }
        let payload =
            if self.service == "s3" { "UNSIGNED-PAYLOAD".to_owned() } else { hex(&cipher::sha256(&sketch.body)) };
        let strings = self.strings(&sketch, &names, &payload);
        let signature = self.signature(strings.get(form).or(strings.last()).unwrap());
        sketch.query += &format!("&X-Amz-Signature={signature}");
        (sketch, strings)
    }

    pub fn read(&self, sketch: &Sketch) -> Result<Door, Refused> {
        sketch.with_head(|head| read(head, &self.rules(), self.now, || cipher::sha256(&sketch.body)))
    }

    pub fn claim(&self, sketch: &Sketch) -> Result<Claim, Refused> {
        self.read(sketch)?.signed()
    }

    fn strings(&self, sketch: &Sketch, names: &[String], payload: &str) -> Vec<String> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let requests = canonical_requests(sketch, self.service, &names, payload).unwrap();
        let string = |request: &Vec<u8>| {
            format!("AWS4-HMAC-SHA256\n{STAMP}\n{}\n{}", self.scope(), hex(&cipher::sha256(request)))
        };
        requests.iter().map(string).collect()
    }

    fn signature(&self, string: &str) -> String {
        hex(&signature(&self.secret, DAY, "ap-northeast-1", self.service, string))
    }
}

/// What the vault checks: whether the key of the scope made the signature of one of the strings.
pub fn matches(signing: &Signing, claim: &Claim) -> bool {
    let scope = &claim.scope;
    let made = |string: &String| {
        signature(&signing.secret, &scope.date, scope.region.as_str(), &scope.service, string) == claim.signature
    };
    claim.access_key_id == signing.id && (made(&claim.string_to_sign) || claim.second_string.as_ref().is_some_and(made))
}

pub fn signature(secret: &str, date: &str, region: &str, service: &str, string: &str) -> [u8; 32] {
    let day = cipher::hmac_sha256(format!("AWS4{secret}").as_bytes(), date.as_bytes());
    let day_region = cipher::hmac_sha256(&day, region.as_bytes());
    let day_region_service = cipher::hmac_sha256(&day_region, service.as_bytes());
    let key = cipher::hmac_sha256(&day_region_service, b"aws4_request");
    cipher::hmac_sha256(&key, string.as_bytes())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A call as an SDK makes it.
pub fn kms_call() -> Sketch {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    Sketch {
        method: "POST".into(),
        path: "/".into(),
        query: String::new(),
        headers: vec![
            header("amz-sdk-invocation-id", "0b3c7f0e-5a53-4b1f-9a55-5d0c4b0c9d11"),
            header("amz-sdk-request", "attempt=1; max=3"),
            header("content-length", "2"),
            header("content-type", "application/x-amz-json-1.1"),
            header("x-amz-target", "TrentService.DescribeKey"),
            header("x-amz-user-agent", "aws-sdk-go-v2/1.36.3  ua/2.1   os/linux"),
        ],
        body: b"{}".to_vec(),
        http2: false,
    }
}

fn add_host(sketch: &mut Sketch) {
    let name = if sketch.http2 { ":authority" } else { "host" };
    sketch.headers.push((name.into(), b"localhost:8000".to_vec()));
}

fn names_of(sketch: &Sketch) -> Vec<String> {
    let plain = |name: &str| if name == ":authority" { "host".to_owned() } else { name.to_owned() };
    let mut names: Vec<String> = sketch.headers.iter().map(|(name, _)| plain(name)).collect();
    names.sort();
    names.dedup();
    names
}
