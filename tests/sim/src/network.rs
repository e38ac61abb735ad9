//! The simulated network: each request goes to the edge as bytes, on a connection of its own that may break at any of them.

use crate::dice::Dice;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kagiban::answer::{Edge, Peer};
use kagiban::listen::serve_one;
use serde_json::Value;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// Where a connection breaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Cut {
    BeforeRequest,
    InRequest,
    /// The client goes when it has said everything, at any moment until the reply is there.
    BeforeReply,
    InReply,
}

/// What came back, whole.
pub struct Reply {
    pub status: u16,
    pub request_id: String,
    body: Vec<u8>,
}

/// What a socket may hold that nobody reads.
const SOCKET_BYTES: usize = 64 << 10;
/// How long a client waits at most, in turns of the others, before it goes without a reply.
const TURNS: u64 = 30;
const CLIENT: Peer = Peer { address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)), tls: None };

impl Cut {
    pub const ALL: [Self; 4] = [Self::BeforeRequest, Self::InRequest, Self::BeforeReply, Self::InReply];

    /// Whether the house can have heard the request.
    pub fn is_heard(self) -> bool {
        matches!(self, Self::BeforeReply | Self::InReply)
    }
}

/// Sends a request and waits for the reply; `None` if none comes, or not the whole of it.
pub async fn exchange(edge: &Arc<Edge>, request: &[u8], cut: Option<Cut>, dice: &Dice) -> Option<Reply> {
    let (mut near, far) = tokio::io::duplex(SOCKET_BYTES);
    tokio::spawn(serve_one(Arc::clone(edge), far, CLIENT));
    let some = |whole: usize| usize::try_from(dice.below(u64::try_from(whole).unwrap())).unwrap();
    match cut {
        None => {
            near.write_all(request).await.ok()?;
            Reply::read(&mut near).await
        }
        Some(Cut::BeforeRequest) => None,
        Some(Cut::InRequest) => {
            near.write_all(request.get(..some(request.len()))?).await.ok()?;
            turns(dice).await;
            None
        }
        Some(Cut::BeforeReply) => {
            near.write_all(request).await.ok()?;
            turns(dice).await;
            None
        }
        Some(Cut::InReply) => {
            near.write_all(request).await.ok()?;
            let mut torn = vec![0; 1 + some(100)];
            near.read_exact(&mut torn).await.ok()?;
            None
        }
    }
}

async fn turns(dice: &Dice) {
    for _ in 0..dice.below(TURNS) {
        tokio::task::yield_now().await;
    }
}

impl Reply {
    /// Reads to the end of the connection, which the edge closes as the request asks.
    async fn read(near: &mut DuplexStream) -> Option<Self> {
        let mut bytes = Vec::new();
        near.read_to_end(&mut bytes).await.ok()?;
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let value = |name: &str| {
            let fields = head.split("\r\n").filter_map(|line| line.split_once(": "));
            fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let body = bytes.get(end + 4..)?.to_vec();
        let length = value("content-length").map_or(Some(body.len()), |length| length.parse().ok())?;
        (body.len() == length).then(|| Self { status, request_id: value("x-amzn-requestid").unwrap_or_default(), body })
    }

    /// The error's code, without what one service has behind it and another has not.
    pub fn code(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let code = self.text("__type").or_else(|| self.elements("Code").pop()).unwrap_or_default();
        Some(code.replace("AccessDeniedException", "AccessDenied"))
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A member of an answer in JSON.
    pub fn text(&self, member: &str) -> Option<String> {
        Some(self.json().get(member)?.as_str()?.to_owned())
    }

    pub fn blob(&self, member: &str) -> Vec<u8> {
        BASE64_STANDARD.decode(self.text(member).unwrap_or_default()).unwrap()
    }

    /// The texts of all elements of this name, in an answer in XML.
    pub fn elements(&self, name: &str) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let inner = text.split(open.as_str()).skip(1).filter_map(|rest| rest.split(close.as_str()).next());
        inner.map(|inner| inner.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).collect()
    }
}
