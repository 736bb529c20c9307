//! The grammar of one criterion: `@`, `2+`, `method:`, a value, `+1`.

use std::sync::Arc;

use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{char, digit0};
use nom::combinator::{map, opt};
use nom::sequence::terminated;
use nom::{IResult, Parser};

use crate::ast::{Criterion, Depth, IndirectSelection};
use crate::error::{Error, ErrorKind};
use crate::method::{Method, MethodName};
use crate::span::{Origin, Place, Span};

impl Criterion {
    /// Parses one criterion in the syntax of the command line. Commas and spaces are part of the value.
    ///
    /// # Errors
    /// An unknown method, `@` together with a trailing `+`, or a line break.
    pub fn parse(text: &str, mode: IndirectSelection) -> Result<Self, Error> {
        Self::parse_at(Origin::new(Place::Text, text.into(), Span::of(text)), mode)
    }

    /// Parses the piece of text at `origin`.
    ///
    /// # Errors
    /// The same as [`Criterion::parse`].
    pub fn parse_at(origin: Origin, mode: IndirectSelection) -> Result<Self, Error> {
        let text = Arc::clone(&origin.text);
        let text = text
            .get(origin.span.start..origin.span.end)
            .unwrap_or_default();
        if let Some(at) = text.find('\n') {
            let here = Span::new(at, at + 1).shifted(origin.span.start);
            return Err(ErrorKind::LineBreak.at(origin.at(here)));
        }
        let (rest, prefix) = prefix(text).unwrap_or((text, Prefix::default()));
        let (value, children) = suffix(rest);
        if prefix.at && children.is_some() {
            return Err(ErrorKind::AtWithChildren.at(origin));
        }
        let method = match prefix.method {
            None => default_method(value).into(),
            Some(name) => Method::parse(name).ok_or_else(|| {
                let start = origin.span.start + text.len() - rest.len() - 1 - name.len();
                let first = name.split('.').next().unwrap_or_default();
                let here = Span::new(start, start + first.len());
                ErrorKind::UnknownMethod {
                    name: first.to_owned(),
                }
                .at(origin.at(here))
            })?,
        };
        Ok(Self {
            method,
            value: value.into(),
            childrens_parents: prefix.at,
            parents: prefix.parents,
            children,
            mode,
            origin,
        })
    }
}

impl Criterion {
    /// Whether it is an empty piece of text, such as the middle of `a,,b`.
    pub(crate) fn is_empty(&self) -> bool {
        let has_operator =
            self.childrens_parents || self.parents.is_some() || self.children.is_some();
        !has_operator && self.method == MethodName::Fqn.into() && self.value == ""
    }
}

/// The parts before the value.
#[derive(Default)]
struct Prefix<'a> {
    at: bool,
    parents: Option<Depth>,
    method: Option<&'a str>,
}

/// All parts are optional, so this never fails.
fn prefix(input: &str) -> IResult<&str, Prefix<'_>> {
    let method = take_while1(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
    let parts = (
        map(opt(tag("@")), |at| at.is_some()),
        opt(map(terminated(digit0, char('+')), depth)),
        opt(terminated(method, char(':'))),
    );
    map(parts, |(at, parents, method)| Prefix {
        at,
        parents,
        method,
    })
    .parse(input)
}

/// Splits a value from a `+` and digits at its end. Only the last `+` counts, because digits contain none.
fn suffix(input: &str) -> (&str, Option<Depth>) {
    match input.rsplit_once('+') {
        Some((value, digits)) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            (value, Some(depth(digits)))
        }
        _ => (input, None),
    }
}

/// Converts digits to a depth. No digits mean no limit. Numbers above `u32` become its maximum, which no graph reaches.
fn depth(digits: &str) -> Depth {
    match digits {
        "" => Depth::Unlimited,
        digits => Depth::Layers(digits.parse().unwrap_or(u32::MAX)),
    }
}

/// The method of a value without method: paths contain a slash, files have the suffix of SQL, Python or CSV.
pub(crate) fn default_method(value: &str) -> MethodName {
    let is_file = || {
        let lower = value.to_lowercase();
        [".sql", ".py", ".csv"]
            .iter()
            .any(|suffix| lower.ends_with(suffix))
    };
    if value.contains('/') {
        MethodName::Path
    } else if is_file() {
        MethodName::File
    } else {
        MethodName::Fqn
    }
}
