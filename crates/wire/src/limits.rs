//! How large a request may be, in all its parts. The server enforces those of the head and the body, the codecs those inside.

/// The head of a request: request line and headers together. AWS's own front ends stop near this size.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Headers in one request.
pub const HEADERS_COUNT_MAX: usize = 128;
/// The target of a request: path and query. A presigned call with a session token needs 2 to 4 KiB.
pub const TARGET_BYTES_MAX: usize = 16 << 10;
/// The body of a call in JSON, CBOR or the query protocol.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// Structures, lists and maps inside one another. The deepest input of a served model has five.
pub const DEPTH_MAX: usize = 32;
/// Members of one structure, known or not, and entries of one map.
pub const MEMBERS_COUNT_MAX: usize = 4_096;
/// Items of one list. The longest list in AWS's models has 10,000 (log events).
pub const ITEMS_COUNT_MAX: usize = 10_000;
/// The digits of one number in JSON. The longest exact decimal form of a double has some 330 before its point.
pub const NUMBER_BYTES_MAX: usize = 512;
/// Parameters of one call in the query protocol.
pub const PARAMETERS_COUNT_MAX: usize = 10_000;
/// The decoded name of one parameter: `A.member.1.B`.
pub const PARAMETER_NAME_BYTES_MAX: usize = 1_024;
/// How much of an unknown operation's name is repeated to the caller.
pub const SHOWN_CHARS_MAX: usize = 128;
