//! A parsed profiles.yml: the places of its references, before anything is fetched.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::error::{Error, ErrorKind, Errors, Place, char_boundary};
use crate::jinja::segment::{self, Segment};
use crate::reference::{Reference, Source};
use crate::yaml::scan::{self, Scalar};

/// A parsed profiles.yml. It keeps the text, of which only the references are replaced.
pub struct Template {
    pub(crate) name: String,
    pub(crate) source: String,
    pub(crate) values: Vec<TemplateValue>,
    warnings: Vec<Warning>,
}

/// A YAML value that contains references.
pub(crate) struct TemplateValue {
    pub(crate) scalar: Scalar,
    pub(crate) segments: Vec<Segment>,
    /// The range of each reference in the source, in the order of the segments' uses.
    pub(crate) places: Vec<Range<usize>>,
}

/// Something that is not an error, but probably not intended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The problem.
    pub message: &'static str,
    /// Where the problem is.
    pub place: Place,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place {
            file, line, column, ..
        } = &self.place;
        write!(f, "{file}:{line}:{column}: {}", self.message)
    }
}

impl Template {
    /// Parses `source`. `name` is the name of the file in errors.
    ///
    /// A file that cannot contain a reference is not parsed, and is never an error.
    ///
    /// # Errors
    /// Text that is not UTF-8 or not YAML, values without quotes, misspelled references.
    pub fn parse(name: impl Into<String>, source: impl AsRef<[u8]>) -> Result<Self, Errors> {
        let name = name.into();
        let bytes = source.as_ref();
        if !contains(bytes, b"prefect.") || !(contains(bytes, b"{{") || contains(bytes, b"{%")) {
            return Ok(Self {
                name,
                source: String::new(),
                values: vec![],
                warnings: vec![],
            });
        }
        let source = match std::str::from_utf8(bytes) {
            Ok(source) => source.to_owned(),
            Err(error) => {
                let valid = String::from_utf8_lossy(bytes);
                let at = error.valid_up_to();
                let place = Place::new(&name, &valid, &(at..at + 1));
                return Err(Error {
                    kind: ErrorKind::NotUtf8,
                    place,
                }
                .into());
            }
        };
        let scalars =
            scan::scalars(&source, |text| text.contains("prefect.")).map_err(|refused| {
                let (kind, range) = refusal(&source, refused);
                Errors::from(Error {
                    kind,
                    place: Place::new(&name, &source, &range),
                })
            })?;
        let mut template = Self {
            name,
            source,
            values: vec![],
            warnings: vec![],
        };
        let mut errors = Vec::new();
        for scalar in scalars {
            template.add(scalar, &mut errors);
        }
        Errors::or(errors)?;
        Ok(template)
    }

    fn add(&mut self, scalar: Scalar, errors: &mut Vec<Error>) {
        if is_unquoted(&self.source, &scalar) {
            let place = self.place(&scalar.range);
            errors.push(Error {
                kind: ErrorKind::Unquoted,
                place,
            });
            return;
        }
        let segments = segment::split(&scalar.text);
        let mut places = Vec::new();
        let mut cursor = scalar.range.start;
        for found in segments.iter().flat_map(Segment::uses) {
            let spelled = &scalar.text[found.lexed.range.clone()];
            let range = match self.source[cursor..scalar.range.end].find(spelled) {
                Some(offset) => cursor + offset..cursor + offset + spelled.len(),
                // The reference contains escapes in the source: point at the whole value.
                None => scalar.range.clone(),
            };
            cursor = if range == scalar.range {
                cursor
            } else {
                range.end
            };
            if let (Err(problem), false) = (&found.lexed.reference, scalar.is_key) {
                let kind = ErrorKind::Malformed { problem };
                errors.push(Error {
                    kind,
                    place: self.place(&range),
                });
            }
            places.push(range);
        }
        match places.first() {
            None => {}
            Some(first) if scalar.is_key => {
                let message = "the reference in this key is not rendered: only values are rendered";
                self.warnings.push(Warning {
                    message,
                    place: self.place(first),
                });
            }
            Some(_) => self.values.push(TemplateValue {
                scalar,
                segments,
                places,
            }),
        }
    }

    /// The same template with fewer references: those of values that `wanted` does not accept stay in the text as they are.
    /// `wanted` gets the keys from the top of the file to the value, without positions in lists; what `<<` merges stands
    /// where its mapping stands. Anchored values (`&name`) are always rendered: an alias can put them anywhere.
    ///
    /// dbt reads one output of a profile and no other:
    ///
    /// ```
    /// use dbt_templating::Template;
    ///
    /// let source = r#"
    /// shop:
    ///   outputs:
    ///     dev: {type: duckdb, path: "{{ prefect.variables.dev }}"}
    ///     prod: {type: postgres, host: "{{ prefect.variables.host }}"}
    /// "#;
    /// let template = Template::parse("profiles.yml", source)?;
    /// let dev = template.only(|keys| keys.starts_with(&["shop".into(), "outputs".into(), "dev".into()]));
    /// assert_eq!(dev.references().len(), 1);
    /// # Ok::<(), dbt_templating::Errors>(())
    /// ```
    #[must_use]
    pub fn only(mut self, wanted: impl Fn(&[String]) -> bool) -> Self {
        self.values
            .retain(|value| value.scalar.anchored || wanted(&value.scalar.path));
        self
    }

    /// The references of the file, without repetitions, in the order of the file.
    #[must_use]
    pub fn references(&self) -> Vec<&Reference> {
        let mut seen = BTreeSet::new();
        self.values
            .iter()
            .flat_map(|value| &value.segments)
            .flat_map(Segment::uses)
            .filter_map(|found| found.lexed.reference.as_ref().ok())
            .filter(|reference| seen.insert(*reference))
            .collect()
    }

    /// The blocks and variables to fetch for [`Template::render`], without repetitions.
    #[must_use]
    pub fn sources(&self) -> BTreeSet<&Source> {
        self.references()
            .into_iter()
            .map(|reference| &reference.source)
            .collect()
    }

    /// Things that are probably not intended.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(crate) fn place(&self, range: &Range<usize>) -> Place {
        Place::new(&self.name, &self.source, range)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .field("references", &self.references())
            .finish_non_exhaustive()
    }
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Without quotes, `key: {{ prefect... }}` is a mapping whose key is a mapping.
fn is_unquoted(source: &str, scalar: &Scalar) -> bool {
    scalar.is_key
        && source[scalar.range.clone()].starts_with("prefect.")
        && source[..scalar.range.start].trim_end().ends_with("{{")
}

/// The error for a text that is not YAML: missing quotes, if a value on that line begins with braces.
fn refusal(source: &str, refused: scan::Refused) -> (ErrorKind, Range<usize>) {
    let at = char_boundary(source, refused.at);
    let line_start = source[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = source[line_start..].lines().next().unwrap_or("");
    for opening in [": {{", "- {{"] {
        if let Some(offset) = line.find(opening) {
            let start = line_start + offset + 2;
            return (ErrorKind::Unquoted, start..start + 2);
        }
    }
    (
        ErrorKind::Yaml {
            message: refused.message,
        },
        at..at + 1,
    )
}
