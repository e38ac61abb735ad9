//! A request as text, for vectors and for fuzzing: a request line, headers, an empty line, a body.
//!
//! This is no HTTP parser: it takes anything, so that the code behind it meets everything.

use names::Time;
use wire::sigv4::Head;

/// A request that was drawn from text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
    pub http2: bool,
}

impl Sketch {
    /// `POST /path?query HTTP/1.1`, or `… HTTP/2`; then `Name:value` lines, where a line that begins with a blank
    /// continues the one before; then an empty line; the rest is the body.
    pub fn parse(bytes: &[u8]) -> Self {
        let (head, body) = split_at(bytes, b"\n\n").unwrap_or((bytes, &[]));
        let mut lines = head.split(|byte| *byte == b'\n');
        let request = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
        let (method, rest) = request.split_once(' ').unwrap_or((&request, ""));
        let (uri, version) = rest.rsplit_once(' ').unwrap_or((rest, ""));
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for line in lines {
            match headers.last_mut() {
                Some((_, value)) if line.starts_with(b" ") => {
                    value.push(b'\n');
                    value.extend_from_slice(line);
                }
                _ if line.is_empty() => {}
                _ => headers.push(header(line)),
            }
        }
        let http2 = version == "HTTP/2";
        Self { method: method.into(), path: path.into(), query: query.into(), headers, body: body.into(), http2 }
    }

    /// Hands the head to `reader`.
    pub fn with_head<T>(&self, reader: impl FnOnce(&Head<'_>) -> T) -> T {
        let headers: Vec<(&str, &[u8])> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        reader(&Head {
            method: &self.method,
            raw_path: &self.path,
            raw_query: &self.query,
            headers: &headers,
            http2: self.http2,
        })
    }
}

/// When all vectors of AWS's suite were signed: 2015-08-30T12:36:00Z.
pub fn suite_time() -> Time {
    Time::from_seconds(1_440_938_160)
}

fn header(line: &[u8]) -> (String, Vec<u8>) {
    // The pseudo-header's own colon does not end its name.
    let (start, rest) = if line.starts_with(b":") { line.split_at(1) } else { (&b""[..], line) };
    let (name, value) = split_at(rest, b":").unwrap_or((rest, &[]));
    let name = [start, name].concat();
    (String::from_utf8_lossy(&name).to_ascii_lowercase(), value.into())
}

fn split_at<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    let (before, from) = bytes.split_at(at);
    Some((before, from.split_at(separator.len()).1))
}
