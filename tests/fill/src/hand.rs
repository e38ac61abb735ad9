//! One of those who make keys, one after the other.

use cipher::{Entropy, NoEntropy, SystemEntropy, hmac_sha256, sha256};
use kernel::{Breakage, Claim, House, Opened, Origin, RequestId, Unadmitted};
use secret::Exit;
use shapes_kms::{CreateKey, CreateKeyInput, CreateKeyOutput};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a signature is good for.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// A hand that is told that it calls too often waits so long.
const PAUSE: Duration = Duration::from_millis(100);

/// Id and secret.
pub struct AccessKey {
    id: String,
    secret: String,
}

pub struct Hand {
    house: Arc<House>,
    exit: &'static Exit,
    access_key: Arc<AccessKey>,
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error(transparent)]
    Unadmitted(#[from] Unadmitted),
    #[error(transparent)]
    Broken(#[from] Breakage),
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    #[error("CreateKey was refused: {0}")]
    Refused(String),
    #[error("CreateKey has answered without an ARN")]
    Nameless,
}

impl AccessKey {
    /// The first pair of a credentials file of the AWS CLI.
    pub fn of(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
        };
        Some(Self { id: value("aws_access_key_id")?, secret: value("aws_secret_access_key")? })
    }
}

impl Hand {
    pub fn new(house: &Arc<House>, exit: &'static Exit, access_key: &Arc<AccessKey>) -> Self {
        Self { house: Arc::clone(house), exit, access_key: Arc::clone(access_key) }
    }

    /// Makes keys until none is left to be made; their ARNs.
    pub async fn make(self, left: Arc<AtomicUsize>) -> Result<Vec<String>, NoKey> {
        let mut arns = Vec::new();
        let fewer = || left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        while fewer().is_ok() {
            arns.push(self.key().await?);
        }
        Ok(arns)
    }

    async fn key(&self) -> Result<String, NoKey> {
        loop {
            let (claim, origin) = self.signed()?;
            let caller = self.house.admit(claim, origin).await?;
            let recorded = self.house.call::<CreateKey>(caller, CreateKeyInput::default()).await?;
            match recorded.open(self.exit) {
                Opened::Answer(answer) => {
                    let metadata = answer.output::<CreateKeyOutput>().and_then(|output| output.key_metadata.as_ref());
                    return metadata
                        .and_then(|made| made.arn.clone())
                        .map(|arn| arn.to_string())
                        .ok_or(NoKey::Nameless);
                }
                Opened::Failure(failure) if failure.code == "ThrottlingException" => tokio::time::sleep(PAUSE).await,
                Opened::Failure(failure) => return Err(NoKey::Refused(failure.text.clone())),
            }
        }
    }

    /// What SigV4 signs: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>. The request has no
    /// bytes, so what stands for its digest is drawn.
    fn signed(&self) -> Result<(Claim, Origin), NoKey> {
        let (now, region) = (self.house.clock().wall(), self.house.setting().region.clone());
        let (mut request, mut id) = ([0; 16], [0; 16]);
        SystemEntropy.fill(&mut request)?;
        SystemEntropy.fill(&mut id)?;
        let (request, date) = (sha256(&request), now.format("%Y%m%d"));
        let string_to_sign =
            format!("AWS4-HMAC-SHA256\n{}\n{date}/{region}/kms/aws4_request\n{request:02x?}", now.iso_basic());
        let first = ["AWS4", &self.access_key.secret].concat().into_bytes();
        let parts = [&date, region.as_str(), "kms", "aws4_request", &string_to_sign];
        let signature = parts
            .iter()
            .fold(first, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec())
            .try_into()
            .unwrap_or([0; 32]);
        let origin = Origin {
            region: region.clone(),
            source: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            user_agent: "kagiban-fill".to_owned(),
            host: String::new(),
            tls: None,
            request_id: RequestId::of(id),
            arrived: now,
        };
        let claim = Claim {
            access_key_id: self.access_key.id.clone(),
            token: None,
            string_to_sign,
            second_string: None,
            date,
            region: region.to_string(),
            service: "kms".to_owned(),
            signature,
            request,
            expires: now + WINDOW,
        };
        Ok((claim, origin))
    }
}
