//! Renders one value of the profiles.yml.

use std::ops::Range;

use crate::error::{Error, ErrorKind};
use crate::jinja::evaluate::{self, Outcome};
use crate::jinja::literal;
use crate::jinja::segment::{Segment, Use};
use crate::options::Missing;
use crate::reference::{Reference, Source};
use crate::render::compose::{self, Piece};
use crate::report::{ReferenceValue, ReportEntry};
use crate::resolver::Resolver;
use crate::secret::{EnvironmentVariable, SecretNames};
use crate::template::{Template, TemplateValue};
use crate::value::{self, Node};
use crate::yaml::write;

/// Settings that dbt's adapters expect as a number or a boolean. dbt rejects text there.
const TYPED_KEYS: [&str; 14] = [
    "threads",
    "port",
    "retries",
    "autocommit",
    "client_session_keep_alive",
    "connect_retries",
    "connect_timeout",
    "job_execution_timeout_seconds",
    "job_retries",
    "keepalives_idle",
    "maximum_bytes_billed",
    "retry_all",
    "retry_on_database_errors",
    "reuse_connections",
];

/// Takes the place of a reference without value. It is undefined in dbt's Jinja.
const UNDEFINED: &str = "prefect_reference_without_value";

pub(super) struct Renderer<'a> {
    template: &'a Template,
    resolver: &'a dyn Resolver,
    missing: Missing,
    names: SecretNames,
    joined_texts: usize,
    entries: Vec<ReportEntry>,
}

/// An error and the range of its reference. Without a range, it is about the first reference of the value.
struct Problem {
    kind: ErrorKind,
    at: Option<Range<usize>>,
}

impl From<ErrorKind> for Problem {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, at: None }
    }
}

/// A reference of the value, and what it resolves to; `None` if it has no value and needs none.
struct Found<'a> {
    used: &'a Use,
    /// The range in the source.
    at: &'a Range<usize>,
    reference: &'a Reference,
    node: Option<Node>,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        template: &'a Template,
        resolver: &'a dyn Resolver,
        missing: Missing,
    ) -> Self {
        let mut names = SecretNames::default();
        for reference in template.references() {
            if matches!(reference.source, Source::Block { .. }) {
                names.reserve(&reference.to_string());
            }
        }
        Self {
            template,
            resolver,
            missing,
            names,
            joined_texts: 0,
            entries: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> (Vec<EnvironmentVariable>, Vec<ReportEntry>) {
        (self.names.into_variables(), self.entries)
    }

    /// The YAML text that replaces the value.
    pub(super) fn render(&mut self, value: &'a TemplateValue) -> Result<String, Vec<Error>> {
        let mut found = self.resolve(value)?.into_iter();
        let template = self.template;
        let locate = |Problem { kind, at }| {
            let first = value.places.first().unwrap_or(&value.scalar.range);
            let place = template.place(at.as_ref().unwrap_or(first));
            vec![Error { kind, place }]
        };
        let by_segment: Vec<(&Segment, Vec<Found<'_>>)> = value
            .segments
            .iter()
            .map(|segment| (segment, found.by_ref().take(segment.uses().len()).collect()))
            .collect();
        self.replacement(value, &by_segment).map_err(locate)
    }

    fn resolve(&mut self, value: &'a TemplateValue) -> Result<Vec<Found<'a>>, Vec<Error>> {
        let mut all = Vec::new();
        let mut errors = Vec::new();
        let uses = value.segments.iter().flat_map(Segment::uses);
        for (used, range) in uses.zip(&value.places) {
            let Ok(reference) = &used.lexed.reference else {
                continue;
            };
            let place = self.template.place(range);
            let looked_up = value::resolve(reference, self.resolver);
            let shown = match &looked_up {
                Ok(Node::Secret { .. }) => ReferenceValue::Secret,
                Ok(node) => ReferenceValue::Value(node.masked()),
                Err(_) => ReferenceValue::Missing,
            };
            let node = match looked_up {
                Ok(node) => Some(node),
                Err(_) if used.optional => None,
                Err(ErrorKind::MissingVariable { .. }) if self.missing == Missing::EmptyString => {
                    Some(Node::Text(String::new()))
                }
                Err(kind) => {
                    errors.push(Error { kind, place });
                    continue;
                }
            };
            let (line, column) = (place.line, place.column);
            self.entries.push(ReportEntry {
                reference: reference.clone(),
                line,
                column,
                value: shown,
            });
            all.push(Found {
                used,
                at: range,
                reference,
                node,
            });
        }
        if errors.is_empty() {
            Ok(all)
        } else {
            Err(errors)
        }
    }

    fn replacement(
        &mut self,
        value: &TemplateValue,
        segments: &[(&Segment, Vec<Found<'_>>)],
    ) -> Result<String, Problem> {
        let text = value.scalar.text.as_str();
        let pieces = match segments {
            [(segment @ Segment::Expression { .. }, found)] => {
                match self.evaluated(text, segment, found)? {
                    Some((node, key)) if !value.scalar.tagged => {
                        return Ok(self.whole(value, &node, &key)?);
                    }
                    Some((node, key)) => vec![Self::embedded(node, &key, value)?],
                    None => vec![Piece::Jinja(self.substituted(text, segment, found)?)],
                }
            }
            _ => self.pieces(value, segments)?,
        };
        self.joined_texts += 1;
        let number = self.joined_texts;
        let joined_key = || format!("prefect.text.{number}");
        let template = compose::compose(pieces, &mut self.names, joined_key)?;
        let mut out = String::new();
        write::quoted(&mut out, &template);
        Ok(out)
    }

    /// The parts of a text that is not a single expression.
    fn pieces(
        &mut self,
        value: &TemplateValue,
        segments: &[(&Segment, Vec<Found<'_>>)],
    ) -> Result<Vec<Piece>, Problem> {
        let text = value.scalar.text.as_str();
        // If there are statements around an expression, only dbt can evaluate it.
        let can_evaluate = !value
            .segments
            .iter()
            .any(|part| matches!(part, Segment::Statement { .. }));
        let mut pieces = Vec::with_capacity(segments.len());
        for (segment, found) in segments {
            let as_is = || text[segment.range().clone()].to_owned();
            pieces.push(match segment {
                // The brace must not become part of the tag that follows.
                Segment::Text { plain: true, .. } if as_is().ends_with('{') => {
                    Piece::Value(as_is())
                }
                Segment::Text { plain: true, .. } => Piece::Text(as_is()),
                _ if found.is_empty() => Piece::Jinja(as_is()),
                // A trim mark changes the text around it, so dbt evaluates the expression.
                Segment::Expression { trims: false, .. } if can_evaluate => {
                    match self.evaluated(text, segment, found)? {
                        Some((node, key)) => Self::embedded(node, &key, value)
                            .map_err(|kind| error_at(kind, found))?,
                        None => Piece::Jinja(self.substituted(text, segment, found)?),
                    }
                }
                _ => Piece::Jinja(self.substituted(text, segment, found)?),
            });
        }
        Ok(pieces)
    }

    /// The value of an expression that can be evaluated without dbt, and the reference that names its variable.
    fn evaluated(
        &self,
        text: &str,
        segment: &Segment,
        found: &[Found<'_>],
    ) -> Result<Option<(Node, String)>, Problem> {
        let Segment::Expression { inner, .. } = segment else {
            return Ok(None);
        };
        if let Some((found, node)) = alone(text, segment, found) {
            return Ok(Some((node.clone(), found.reference.to_string())));
        }
        if holds_secret(found) {
            return Err(error_at(ErrorKind::SecretInExpression, found));
        }
        let mut source = String::new();
        let mut copied = inner.start;
        let mut names = Vec::new();
        for (number, found) in found.iter().enumerate() {
            let range = &found.used.lexed.range;
            let name = format!("_prefect_reference_{number}");
            source.push_str(&text[copied..range.start]);
            source.push_str(&name);
            copied = range.end;
            names.push((name, found.node.as_ref()));
        }
        source.push_str(&text[copied..inner.end]);
        match evaluate::evaluate(&source, &names).map_err(|kind| error_at(kind, found))? {
            Outcome::Value(node) => Ok(Some((node, String::new()))),
            Outcome::LeftToDbt => Ok(None),
        }
    }

    /// The segment, with literals in place of its references, for dbt to evaluate.
    fn substituted(
        &mut self,
        text: &str,
        segment: &Segment,
        found: &[Found<'_>],
    ) -> Result<String, Problem> {
        let is_alone = alone(text, segment, found).is_some();
        let all = found;
        let mut out = String::new();
        let mut copied = segment.range().start;
        for found in found {
            let range = &found.used.lexed.range;
            out.push_str(&text[copied..range.start]);
            copied = range.end;
            match &found.node {
                None => out.push_str(UNDEFINED),
                Some(Node::Secret { text, path }) if is_alone => {
                    let key = format!("{}{path}", found.reference);
                    out.push_str(&compose::secret_call(&mut self.names, &key, text)?);
                }
                Some(node) if node.holds_secret() => {
                    return Err(error_at(ErrorKind::SecretInExpression, all));
                }
                Some(node) => literal::node(&mut out, node),
            }
        }
        out.push_str(&text[copied..segment.range().end]);
        Ok(out)
    }

    fn embedded(node: Node, key: &str, value: &TemplateValue) -> Result<Piece, ErrorKind> {
        match node {
            Node::Secret { text, path } => {
                refuse_typed(value.scalar.key.as_deref())?;
                Ok(Piece::Secret {
                    key: format!("{key}{path}"),
                    value: text,
                })
            }
            plain => Ok(Piece::Value(plain.to_text()?)),
        }
    }

    /// Writes a value that is one reference or expression, with its type.
    fn whole(
        &mut self,
        value: &TemplateValue,
        node: &Node,
        key: &str,
    ) -> Result<String, ErrorKind> {
        if matches!(node, Node::Secret { .. }) {
            refuse_typed(value.scalar.key.as_deref())?;
        }
        let mut failed = None;
        let mut out = String::new();
        let names = &mut self.names;
        write::node(&mut out, node, &mut |leaf| match leaf {
            Node::Secret { text, path } => {
                let key = format!("{key}{path}");
                compose::secret(names, &key, text).unwrap_or_else(|kind| {
                    failed = Some(kind);
                    String::new()
                })
            }
            leaf => {
                let mut template = String::new();
                literal::plain(&mut template, &leaf.to_text().unwrap_or_default(), "");
                template
            }
        });
        failed.map_or(Ok(out), Err)
    }
}

/// The reference of an expression that contains nothing else.
fn alone<'f>(
    text: &str,
    segment: &Segment,
    found: &'f [Found<'_>],
) -> Option<(&'f Found<'f>, &'f Node)> {
    let (Segment::Expression { inner, .. }, [only]) = (segment, found) else {
        return None;
    };
    let spelled = &text[only.used.lexed.range.clone()];
    (text[inner.clone()].trim() == spelled).then_some(())?;
    Some((only, only.node.as_ref()?))
}

/// An error that points at the first secret, or else at the first reference.
fn error_at(kind: ErrorKind, found: &[Found<'_>]) -> Problem {
    let secret = |found: &&Found<'_>| found.node.as_ref().is_some_and(Node::holds_secret);
    let subject = found.iter().find(secret).or_else(|| found.first());
    Problem {
        kind,
        at: subject.map(|found| found.at.clone()),
    }
}

fn holds_secret(found: &[Found<'_>]) -> bool {
    found
        .iter()
        .filter_map(|found| found.node.as_ref())
        .any(Node::holds_secret)
}

fn refuse_typed(key: Option<&str>) -> Result<(), ErrorKind> {
    match key {
        Some(key) if TYPED_KEYS.contains(&key) => Err(ErrorKind::SecretInTypedPosition {
            key: key.to_owned(),
        }),
        _ => Ok(()),
    }
}
