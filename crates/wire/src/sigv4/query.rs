//! The parameters of a query, and their canonical form.

use std::borrow::Cow;
use std::ops::Range;

use super::path::{escape, unescape};
use super::rules::QUERY_PARAMETERS_MAX;
use super::{Limit, Refused};

/// The decoded parameters of a query, in the order sent. Whoever acts on a query that was signed must read it by this
/// and by nothing else: a reader that takes `+` for a blank would act on something that was not signed.
pub struct Parameters<'a>(Vec<Parameter<'a>>);

/// One parameter. A parameter without `=` has the empty value.
pub struct Parameter<'a> {
    pub name: Cow<'a, [u8]>,
    pub value: Cow<'a, [u8]>,
}

impl<'a> Parameters<'a> {
    /// Splits at `&` and at the first `=`, and decodes escapes. Nothing between two `&` is no parameter.
    pub fn parse(raw_query: &'a str) -> Result<Self, Refused> {
        let mut parameters = Vec::new();
        for pair in raw_query.split('&').filter(|pair| !pair.is_empty()) {
            if parameters.len() == QUERY_PARAMETERS_MAX {
                return Err(Refused::Limit(Limit::QueryParameters));
            }
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &'a str| unescape(text).ok_or(Refused::QueryEscape);
            parameters.push(Parameter { name: decode(name)?, value: decode(value)? });
        }
        Ok(Self(parameters))
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Parameter<'a>> {
        self.0.iter()
    }

    /// Appends the canonical form, without the parameter named `left_out`: each name and value escaped strictly, sorted
    /// by the escaped name and then by the escaped value.
    pub(super) fn write_canonical(&self, left_out: impl Fn(&[u8]) -> bool, out: &mut Vec<u8>) {
        let mut escaped = Vec::new();
        let mut pairs: Vec<(Range<usize>, Range<usize>)> = Vec::with_capacity(self.0.len());
        for parameter in self.0.iter().filter(|parameter| !left_out(&parameter.name)) {
            let start = escaped.len();
            escape(&parameter.name, Slash::Escaped, &mut escaped);
            let middle = escaped.len();
            escape(&parameter.value, Slash::Escaped, &mut escaped);
            pairs.push((start..middle, middle..escaped.len()));
        }
        let text = |range: &Range<usize>| escaped.get(range.clone()).unwrap_or_default();
        pairs.sort_by(|a, b| text(&a.0).cmp(text(&b.0)).then_with(|| text(&a.1).cmp(text(&b.1))));
        for (position, (name, value)) in pairs.iter().enumerate() {
            if position > 0 {
                out.push(b'&');
            }
            out.extend_from_slice(text(name));
            out.push(b'=');
            out.extend_from_slice(text(value));
        }
    }
}

pub(super) use super::path::Slash;
