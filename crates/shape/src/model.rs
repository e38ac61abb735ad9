//! What the model says of a service and of its operations.

use crate::{Malformed, Read, Report, Schema, Shape, Sink, Source, Write};

/// One service's model, as far as it is served.
pub struct Model {
    /// The short name under which botocore keeps the service: `kms`.
    pub name: &'static str,
    /// The name in credential scopes: `kms`.
    pub signing_name: &'static str,
    /// The first label of AWS's host names: `kms`.
    pub endpoint_prefix: &'static str,
    /// `2014-11-01`.
    pub api_version: &'static str,
    /// The prefix of `X-Amz-Target` for the JSON protocols: `TrentService`. Empty where there is none.
    pub target_prefix: &'static str,
    /// The namespace of XML answers. Empty where there is none.
    pub xml_namespace: &'static str,
    pub protocols: &'static [Protocol],
    /// The operations that have shapes here, by name.
    pub operations: &'static [OperationModel],
    /// The errors that these operations declare, by name.
    pub errors: &'static [ErrorModel],
    /// The names of all operations of AWS's model, served or not.
    pub known: &'static [&'static str],
}

/// A way to write calls and answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    Json10,
    Json11,
    RpcV2Cbor,
    Query,
    RestJson,
    RestXml,
    Ec2,
}

/// One operation of a model.
pub struct OperationModel {
    pub name: &'static str,
    pub input: &'static Schema,
    /// `None` where the model declares no output at all: the answer then has no body.
    pub output: Option<&'static Schema>,
    /// The element around the output in the query protocol: `CreateUserResult`.
    pub result_wrapper: &'static str,
    /// The names of the errors that the model declares.
    pub errors: &'static [&'static str],
}

/// One error of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ErrorModel {
    /// The shape's name, which the JSON protocols write: `NotFoundException`.
    pub name: &'static str,
    /// The HTTP status. Where the model gives none it is 400, and 500 for faults of the service.
    pub status: u16,
    /// What the query protocol writes: `NoSuchEntity`. The shape's name where the model gives no other.
    pub code: &'static str,
    /// The member that holds the text: `message` or `Message`. `None` where the model has no text.
    pub message: Option<&'static str>,
}

/// An operation's shapes. A service implements its behaviour for a marker of its own and names this one as its shape.
pub trait OperationShape: Send + Sync + 'static {
    const NAME: &'static str;
    type Input: Read + Write + Send + Sync + 'static;
    type Output: Write + Send + Sync + 'static;

    fn model() -> &'static OperationModel;
}

/// The input or output of operations that have none.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Empty;

/// The schema of [`Empty`].
pub static EMPTY: Schema =
    Schema { name: "Empty", kind: crate::Kind::Structure { members: &[] }, secrecy: crate::Secrecy::Public };

impl Shape for Empty {
    fn schema() -> &'static Schema {
        &EMPTY
    }
}

impl Write for Empty {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        sink.begin(schema, 0);
        sink.end();
    }
}

impl Read for Empty {
    fn read(schema: &'static Schema, source: &mut dyn Source, report: &mut Report) -> Result<Option<Self>, Malformed> {
        crate::read_members(schema, source, report, &mut |_, _, _| Ok(()))?;
        Ok(Some(Self))
    }
}

/// The input of an operation that no wire leads to: it is made inside, is never read, and no record shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inward<T>(pub T);

impl<T> Write for Inward<T> {
    fn write(&self, schema: &'static Schema, sink: &mut dyn Sink) {
        Empty.write(schema, sink);
    }
}

impl<T> Read for Inward<T> {
    fn read(_: &'static Schema, _: &mut dyn Source, _: &mut Report) -> Result<Option<Self>, Malformed> {
        Err(Malformed::Syntax)
    }
}
