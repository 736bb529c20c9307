//! Rendering: replaces references by values, and copies the rest of the source.

mod compose;
mod value;

use crate::error::{Error, Errors};
use crate::options::RenderOptions;
use crate::render::value::Renderer;
use crate::report::RenderReport;
use crate::resolver::Resolver;
use crate::secret::EnvironmentVariable;
use crate::template::Template;

/// The result of rendering.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rendered {
    /// The profiles.yml that dbt must read.
    pub profiles: Profiles,
    /// Environment variables that dbt must be started with.
    pub variables: Vec<EnvironmentVariable>,
    /// The value of each reference.
    pub report: RenderReport,
}

/// The profiles.yml that dbt must read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the text is the same or another one"
)]
pub enum Profiles {
    /// The file contains no references: dbt can read it unchanged, in its place.
    Unchanged,
    /// The text of a file to write. It contains no secrets, only the names of their variables.
    Rewritten(String),
}

impl Template {
    /// Replaces each reference by its value.
    ///
    /// # Errors
    /// All problems of the file at once: blocks, variables and keys that do not exist, secrets where no secret can stand,
    /// expressions that cannot be evaluated.
    pub fn render(
        &self,
        resolver: &dyn Resolver,
        options: &RenderOptions,
    ) -> Result<Rendered, Errors> {
        render(self, resolver, options)
    }
}

fn render(
    template: &Template,
    resolver: &dyn Resolver,
    options: &RenderOptions,
) -> Result<Rendered, Errors> {
    if template.values.is_empty() {
        let report = RenderReport::default();
        return Ok(Rendered {
            profiles: Profiles::Unchanged,
            variables: Vec::new(),
            report,
        });
    }
    let mut renderer = Renderer::new(template, resolver, options.missing);
    let mut text = String::with_capacity(template.source.len());
    let mut errors: Vec<Error> = Vec::new();
    let mut copied = 0;
    for value in &template.values {
        let range = &value.scalar.range;
        text.push_str(&template.source[copied..range.start]);
        copied = range.end;
        match renderer.render(value) {
            Ok(replacement) => text.push_str(&replacement),
            Err(found) => errors.extend(found),
        }
        if let Some(comment) = &value.scalar.comment {
            text.push(' ');
            text.push_str(&template.source[comment.clone()]);
        }
    }
    text.push_str(&template.source[copied..]);
    Errors::or(errors)?;
    let (variables, entries) = renderer.finish();
    let report = RenderReport {
        text: Some(text.clone()),
        entries,
    };
    Ok(Rendered {
        profiles: Profiles::Rewritten(text),
        variables,
        report,
    })
}
