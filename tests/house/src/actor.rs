//! Somebody with an access key, who signs what he asks.

use crate::boot::House;
use crate::{Answered, Tree, keys};
use cipher::{hmac_sha256, sha256};
use kernel::{Breakage, Caller, Claim, Origin, Recorded, RequestId, Tls, Unadmitted};
use names::{AccountId, Region};
use secret::Secret;
use shape::OperationShape;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// A user or root user of a [`House`], with his secret access key and the place he calls from.
#[derive(Clone)]
pub struct Actor {
    house: Arc<House>,
    account: AccountId,
    arn: String,
    access_key_id: String,
    secret: Arc<Secret>,
    region: Region,
    source: IpAddr,
    tls: Option<Tls>,
}

impl Actor {
    pub(crate) fn new(
        house: Arc<House>,
        account: AccountId,
        arn: String,
        access_key_id: String,
        secret: Arc<Secret>,
    ) -> Self {
        let region = house.region().clone();
        Self { house, account, arn, access_key_id, secret, region, source: IpAddr::from([192, 0, 2, 7]), tls: None }
    }

    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn arn(&self) -> &str {
        &self.arn
    }

    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The same one, calling another Region.
    pub fn in_region(mut self, region: &str) -> Self {
        self.region = Region::parse(region).unwrap();
        self
    }

    /// The same one, calling from another address.
    pub fn from_address(mut self, source: IpAddr) -> Self {
        self.source = source;
        self
    }

    /// The same one, calling over TLS.
    pub fn over_tls(mut self) -> Self {
        self.tls = Some(Tls { version: "TLSv1.3".to_owned(), cipher_suite: "TLS_AES_128_GCM_SHA256".to_owned() });
        self
    }

    /// Calls an operation with its input ready, and waits for the answer.
    pub async fn call<S: OperationShape>(&self, input: S::Input) -> Answered<S> {
        self.try_call::<S>(input).await.unwrap()
    }

    /// As [`Actor::call`], where the house may have nothing to answer.
    pub async fn try_call<S: OperationShape>(&self, input: S::Input) -> Result<Answered<S>, Breakage> {
        let caller = self.caller().await.unwrap();
        let recorded = self.house.door().call::<S>(caller, input).await?;
        Ok(self.house.note(recorded))
    }

    /// Calls an operation as the wire does, with an input that is still to be read and checked.
    pub async fn enter<S: OperationShape>(&self, input: Tree) -> Answered<S> {
        let recorded = self.entering::<S>(input).await.await.unwrap();
        self.house.note(recorded)
    }

    /// What the wire would hold and wait for; dropping it is what a closed connection does.
    pub async fn entering<S: OperationShape>(
        &self,
        mut input: Tree,
    ) -> impl Future<Output = Result<Recorded, Breakage>> + Send + use<S> {
        let (service, row) = self.house.row::<S>();
        let caller = self.caller().await.unwrap();
        self.house.door().enter(caller, service, row, |into| into(&mut input))
    }

    /// Signs a request, and is let in.
    pub async fn caller(&self) -> Result<Caller, Unadmitted> {
        let origin = self.origin();
        self.house.door().admit(self.claim(), origin).await
    }

    /// A claim that is signed as SigV4 signs.
    pub fn claim(&self) -> Claim {
        let now = self.house.clock().now();
        let date = now.format("%Y%m%d");
        let (region, service) = (self.region.as_str(), "house");
        let request = sha256(&self.house.random());
        let string_to_sign =
            format!("AWS4-HMAC-SHA256\n{}\n{date}/{region}/{service}/aws4_request\n{request:02x?}", now.iso_basic());
        let signature = self.sign(&date, region, service, &string_to_sign);
        Claim {
            access_key_id: self.access_key_id.clone(),
            token: None,
            string_to_sign,
            second_string: None,
            date,
            region: region.to_owned(),
            service: service.to_owned(),
            signature,
            request,
            expires: now + Duration::from_secs(300),
        }
    }

    /// The signature of SigV4 under the actor's secret access key.
    pub fn sign(&self, date: &str, region: &str, service: &str, string_to_sign: &str) -> [u8; 32] {
        let secret = [b"AWS4", self.secret.open(&keys().opener)].concat();
        let parts = [date, region, service, "aws4_request", string_to_sign];
        let signature = parts.iter().fold(secret, |key, part| hmac_sha256(&key, part.as_bytes()).to_vec());
        signature.try_into().unwrap()
    }

    /// Where the next request comes from. Each has an id of its own.
    pub fn origin(&self) -> Origin {
        Origin {
            region: self.region.clone(),
            source: Some(self.source),
            user_agent: "house-test/1".to_owned(),
            host: format!("house.{}.amazonaws.com", self.region),
            tls: self.tls.clone(),
            request_id: RequestId::of(self.house.random()),
            arrived: self.house.clock().now(),
        }
    }
}
