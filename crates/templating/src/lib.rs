//! Renders a `profiles.yml` that refers to Prefect blocks and variables, and changes nothing else.
//!
//! ```
//! use dbt_templating::{Block, Profiles, RenderOptions, Resolved, Template};
//! use serde_json::json;
//!
//! let source = r#"
//! shop:
//!   target: "{{ prefect.variables.target | default('dev') }}"
//!   outputs:
//!     dev: # on my machine
//!       type: postgres
//!       port: "{{ prefect.blocks.database.shop.port }}"
//!       password: "{{ prefect.blocks.database.shop.password }}"
//! "#;
//! let template = Template::parse("profiles.yml", source)?;
//!
//! // Fetch what `template.sources()` lists, however you like; then render without waiting.
//! let shop = Block::new(json!({"port": 5432, "password": "hunter2"})).secret_fields(["password"]);
//! let resolved = Resolved::new().block("database", "shop", shop);
//! let rendered = template.render(&resolved, &RenderOptions::default())?;
//!
//! let password = &rendered.variables[0];
//! assert_eq!(password.name, "DBT_ENV_SECRET_PREFECT_BLOCKS_DATABASE_SHOP_PASSWORD");
//! assert_eq!(password.value.expose(), "hunter2");
//! assert_eq!(
//!     rendered.profiles,
//!     Profiles::Rewritten(
//!         r#"
//! shop:
//!   target: "dev"
//!   outputs:
//!     dev: # on my machine
//!       type: postgres
//!       port: 5432
//!       password: "{{ env_var('DBT_ENV_SECRET_PREFECT_BLOCKS_DATABASE_SHOP_PASSWORD') }}"
//! "#
//!         .to_owned()
//!     )
//! );
//! # Ok::<(), dbt_templating::Errors>(())
//! ```
//!
//! # References
//!
//! `prefect.blocks.<type>.<name>[.<path>]` and `prefect.variables.<name>[.<path>]`, inside Jinja's
//! braces, where a path is made of `.key` and `[n]`. Names may hold hyphens: a reference is found
//! before Jinja reads the expression (only a hyphen directly before `}}` is Jinja's trim mark).
//!
//! - A value that is one reference keeps its type: numbers, booleans, objects, lists, null.
//! - Inside a longer text a value is text as Python spells it (`True`, `None`, `1e+20`).
//! - In an expression a reference is a literal. With nothing else foreign in it (only values,
//!   operators, filters that minijinja knows) it is evaluated here and keeps its type; otherwise
//!   dbt evaluates it: `{{ env_var('A', prefect.variables.b) }}`.
//! - Something missing is an error, unless `| default(...)` or `is defined` follows the reference.
//! - Values are data: braces in them reach dbt as braces, they are not rendered again.
//!
//! # Secrets
//!
//! Fields that the block's schema calls secret reach dbt in variables named `DBT_ENV_SECRET_...`,
//! whose values dbt masks. The names follow from the references alone. A secret cannot go through
//! a filter or an operator. Several in one text become one variable, since dbt looks only one up
//! per text. A secret number is text; where dbt's adapters want a number (`port`) it is an error.
//!
//! # What stays as it is
//!
//! Every byte outside of the values with references: quoting, comments, anchors, order, line ends.
//! In comments, keys, Jinja comments and raw blocks references are left alone, as dbt
//! would not evaluate them there; [`Template::warnings`] tells of those in keys. A reference in an
//! anchored value is rendered once, aliases follow. A value behind a tag (`!!str`) stays a quoted
//! scalar, so that the tag decides its type. A block scalar (`|`, `>`) becomes a quoted one.
//! Mappings of the form `{"$ref": ...}` are not looked up.

mod error;
mod jinja;
mod options;
mod reference;
mod render;
mod report;
mod resolver;
mod secret;
mod template;
mod value;
mod yaml;

pub use error::{Error, ErrorKind, Errors, Place};
pub use options::{Missing, RenderOptions};
pub use reference::{PathStep, Reference, Source};
pub use render::{Profiles, Rendered};
pub use report::{Gave, RenderReport, ReportEntry};
pub use resolver::{Block, Resolved, Resolver};
pub use secret::{EnvironmentVariable, SecretString};
pub use template::{Template, Warning};
