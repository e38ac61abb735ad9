//! An event as it is written: of what the call has, without copies of it. Each structure here has the form of its namesake in
//! `event.rs`, number for number; that both write the same bytes is looked at wherever a house of a test ends.

use crate::event::Kind;
use crate::params::Shown;
use crate::{KeyUse, Settled};
use minicbor::Encode;
use std::borrow::Cow;

/// An [`crate::Event`]: what stands under each number is said there.
#[derive(Encode)]
#[cbor(map)]
pub(crate) struct Event<'a> {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub id: [u8; 16],
    #[n(1)]
    pub time: i64,
    #[n(2)]
    pub kind: Kind,
    #[n(3)]
    pub source: String,
    #[n(4)]
    pub name: &'a str,
    #[n(5)]
    pub region: &'a str,
    #[n(6)]
    pub recipient: &'a str,
    #[n(7)]
    pub identity: Identified<'a>,
    #[n(8)]
    pub source_address: String,
    #[n(9)]
    pub user_agent: &'a str,
    #[n(10)]
    pub request_id: &'a str,
    #[n(11)]
    pub read_only: bool,
    #[n(12)]
    pub error_code: Option<&'a str>,
    #[n(13)]
    pub error_text: Option<&'a str>,
    #[n(14)]
    pub parameters: Option<Shown>,
    #[n(15)]
    pub response: Option<Shown>,
    #[n(16)]
    pub additional: &'a [(&'static str, String)],
    #[n(17)]
    pub service_details: &'a [(&'static str, String)],
    #[n(18)]
    pub resources: Vec<Resource<'a>>,
    #[n(19)]
    pub tls: Option<(&'a str, &'a str, &'a str)>,
    #[n(20)]
    pub statements: &'a [String],
    #[n(21)]
    pub wrote: Vec<Wrote<'a>>,
    #[n(22)]
    pub prepared: bool,
    #[n(23)]
    pub dropped: bool,
    #[n(24)]
    pub uses: Vec<KeyUse>,
    #[n(25)]
    pub repeated: u64,
    #[n(26)]
    pub settled: Option<&'a Settled>,
}

/// An [`crate::Identified`].
#[derive(Encode)]
#[cbor(map)]
pub(crate) struct Identified<'a> {
    #[n(0)]
    pub kind: &'static str,
    #[n(1)]
    pub principal_id: &'a str,
    #[n(2)]
    pub arn: Cow<'a, str>,
    #[n(3)]
    pub account: &'a str,
    #[n(4)]
    pub access_key_id: Option<&'a str>,
    #[n(5)]
    pub user_name: Option<&'a str>,
    #[n(6)]
    pub invoked_by: Option<Cow<'a, str>>,
    #[n(7)]
    pub session: Option<InSession<'a>>,
}

/// An [`crate::InSession`].
#[derive(Encode)]
#[cbor(map)]
pub(crate) struct InSession<'a> {
    #[n(0)]
    pub issued: i64,
    #[n(1)]
    pub second_factor: bool,
    #[n(2)]
    pub issuer: Option<Issuer<'a>>,
    #[n(3)]
    pub source_identity: Option<&'a str>,
}

/// An [`crate::Issuer`].
#[derive(Encode)]
pub(crate) struct Issuer<'a> {
    #[n(0)]
    pub kind: &'static str,
    #[n(1)]
    pub principal_id: &'a str,
    #[n(2)]
    pub arn: &'a str,
    #[n(3)]
    pub name: &'a str,
}

/// A [`crate::Resource`].
#[derive(Encode)]
pub(crate) struct Resource<'a> {
    #[n(0)]
    pub arn: &'a str,
    #[n(1)]
    pub account: &'a str,
    #[n(2)]
    pub kind: &'a str,
}

/// A [`crate::Wrote`].
#[derive(Encode)]
pub(crate) struct Wrote<'a> {
    #[n(0)]
    pub space: &'a str,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: &'a [u8],
    #[n(2)]
    pub revision: Option<u64>,
}

impl Event<'_> {
    /// `None` if it cannot be encoded, which does not happen.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        /// More than the event of a typical call has, so that it is allocated once.
        const TYPICAL_BYTES: usize = 1_024;
        let mut bytes = Vec::with_capacity(TYPICAL_BYTES);
        minicbor::encode(self, &mut bytes).ok().map(|()| bytes)
    }
}
