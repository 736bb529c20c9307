//! Joins the parts of a text to the template that dbt renders.

use crate::error::ErrorKind;
use crate::jinja::literal;
use crate::secret::SecretNames;

/// A part of a text.
pub(super) enum Piece {
    /// Text from the source.
    Text(String),
    /// Jinja that dbt evaluates.
    Jinja(String),
    /// The text of a value, which dbt must not evaluate.
    Value(String),
    /// A secret, and the reference that names its variable.
    Secret { key: String, value: String },
}

const MARK: &str = "DBT_ENV_SECRET_";

/// Returns the template for `pieces`.
///
/// dbt can insert only one secret into a text: a second one breaks its lookup. Therefore everything from the first secret to
/// the last one becomes one variable. The single secrets get variables too, because dbt masks the values of all variables,
/// used or not.
pub(super) fn compose(
    pieces: Vec<Piece>,
    names: &mut SecretNames,
    joined_key: impl FnOnce() -> String,
) -> Result<String, ErrorKind> {
    let pieces = join_values(join_secrets(pieces, names, joined_key)?);
    let mut template = String::new();
    for (position, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) | Piece::Jinja(text) => template.push_str(text),
            Piece::Value(value) => {
                let after = match pieces.get(position + 1) {
                    Some(Piece::Text(next) | Piece::Jinja(next) | Piece::Value(next)) => next,
                    Some(Piece::Secret { .. }) => "{{",
                    None => "",
                };
                literal::plain(&mut template, value, after);
            }
            Piece::Secret { key, value } => template.push_str(&secret(names, key, value)?),
        }
    }
    Ok(template)
}

/// The template for a secret: a lookup of its variable.
pub(super) fn secret(names: &mut SecretNames, key: &str, value: &str) -> Result<String, ErrorKind> {
    Ok(format!("{{{{ {} }}}}", secret_call(names, key, value)?))
}

/// The lookup of a secret's variable, without braces.
pub(super) fn secret_call(
    names: &mut SecretNames,
    key: &str,
    value: &str,
) -> Result<String, ErrorKind> {
    if value.contains('\0') {
        return Err(ErrorKind::SecretWithNul);
    }
    Ok(format!("env_var('{}')", names.assign(key, value)))
}

/// Joins adjacent values, because two braces of different values form a tag.
fn join_values(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match (joined.last_mut(), piece) {
            (Some(Piece::Value(text)), Piece::Value(next)) => text.push_str(&next),
            (_, piece) => joined.push(piece),
        }
    }
    joined
}

fn join_secrets(
    mut pieces: Vec<Piece>,
    names: &mut SecretNames,
    joined_key: impl FnOnce() -> String,
) -> Result<Vec<Piece>, ErrorKind> {
    let is_secret = |piece: &Piece| matches!(piece, Piece::Secret { .. });
    let (Some(first), Some(last)) = (
        pieces.iter().position(is_secret),
        pieces.iter().rposition(is_secret),
    ) else {
        return Ok(pieces);
    };
    let dbt_looks_up = |piece: &Piece| matches!(piece, Piece::Jinja(jinja) if jinja.contains(MARK));
    if pieces.iter().any(dbt_looks_up) {
        return Err(ErrorKind::SecretsApart);
    }
    if first == last {
        return Ok(pieces);
    }
    let mut joined = String::new();
    for piece in pieces.drain(first + 1..=last).collect::<Vec<_>>() {
        match piece {
            Piece::Jinja(_) => return Err(ErrorKind::SecretsApart),
            Piece::Text(text) | Piece::Value(text) => joined.push_str(&text),
            Piece::Secret { key, value } => {
                secret_call(names, &key, &value)?;
                joined.push_str(&value);
            }
        }
    }
    if let Some(Piece::Secret { key, value }) = pieces.get_mut(first) {
        secret_call(names, key, value)?;
        value.push_str(&joined);
        *key = joined_key();
    }
    Ok(pieces)
}
