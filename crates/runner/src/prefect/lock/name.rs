//! The name of the lock of a target: the same for every run that writes there, another one for every other target.

use std::collections::BTreeMap;

use crate::model::text_hash;

/// Keys of an output of profiles.yml that say where the database is. The first one that an output has counts.
const SERVER: [&str; 8] = [
    "account",
    "account_name",
    "host",
    "hostname",
    "server",
    "path",
    "project",
    "region_name",
];
/// Keys that name the database.
const DATABASE: [&str; 4] = ["dbname", "database", "catalog", "project"];
/// Keys that name the schema.
const SCHEMA: [&str; 2] = ["schema", "dataset"];
/// The ports that adapters use if the output names none.
const PORTS: [(&str, &str); 3] = [
    ("postgres", "5432"),
    ("redshift", "5439"),
    ("sqlserver", "1433"),
];

/// The keys of an output that make the name of its lock. No user, password or role is among them.
pub(crate) const OUTPUT_KEYS: [&str; 15] = [
    "type",
    "port",
    "account",
    "account_name",
    "host",
    "hostname",
    "server",
    "path",
    "project",
    "region_name",
    "dbname",
    "database",
    "catalog",
    "schema",
    "dataset",
];

/// The name of the lock of an output with these values: a hash of adapter, server, database and schema. Upper and lower case
/// are the same, but for the path of a file.
///
/// # Errors
/// What the output lacks.
pub(crate) fn lock_name(output: &BTreeMap<&str, String>) -> Result<String, String> {
    let value = |key: &str| {
        let value = output.get(key)?.trim();
        let is_file = key == "path";
        let value = match is_file {
            true => value.to_owned(),
            false => value.to_lowercase(),
        };
        (!value.is_empty()).then_some(value)
    };
    let first = |keys: &[&str]| keys.iter().find_map(|key| value(key));
    let adapter = value("type").ok_or("its output in profiles.yml has no `type`")?;
    let database = first(&DATABASE);
    // A project of BigQuery is the same wherever it is used from; `database` is another name for it.
    let global = database.clone().filter(|_| adapter == "bigquery");
    let server = first(&SERVER).or(global).ok_or_else(|| {
        format!("its output of type `{adapter}` in profiles.yml names no host, account or path")
    })?;
    let default_port = PORTS.iter().find(|(name, _)| *name == adapter);
    let port = value("port").filter(|port| default_port.is_none_or(|(_, usual)| usual != port));
    let parts = [Some(adapter), Some(server), port, database, first(&SCHEMA)];
    let texts = parts.iter().map(|part| part.as_deref().unwrap_or_default());
    Ok(format!("prefect-dbt-{}", text_hash(texts)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(pairs: &[(&'static str, &str)]) -> Result<String, String> {
        let output = pairs.iter().map(|(key, value)| (*key, (*value).to_owned()));
        lock_name(&output.collect())
    }

    #[test]
    fn the_same_target_has_one_name_however_it_is_written() {
        let postgres = |host, port, database: (&'static str, &str), schema| {
            let mut pairs = vec![("type", "postgres"), ("host", host), database];
            pairs.extend([("port", port), ("schema", schema)]);
            named(&pairs).unwrap()
        };
        let one = postgres("db.example.org", "5432", ("dbname", "shop"), "prod");
        assert_eq!(one, "prefect-dbt-08dc76e17cab81aa");
        for same in [
            postgres("DB.Example.org ", "", ("dbname", "shop"), "prod"),
            postgres("db.example.org", "5432", ("database", "shop"), "PROD"),
        ] {
            assert_eq!(same, one);
        }
        for other in [
            postgres("db2.example.org", "5432", ("dbname", "shop"), "prod"),
            postgres("db.example.org", "5433", ("dbname", "shop"), "prod"),
            postgres("db.example.org", "5432", ("dbname", "shop2"), "prod"),
            postgres("db.example.org", "5432", ("dbname", "shop"), "dev"),
            postgres("db.example.org", "5432", ("dbname", "shopp"), "rod"),
        ] {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn each_kind_of_adapter_says_where_it_writes() {
        let names = [
            named(&[("type", "duckdb"), ("path", "/data/shop.duckdb")]),
            named(&[("type", "duckdb"), ("path", "/data/Shop.duckdb")]),
            named(&[("type", "snowflake"), ("account", "ab1"), ("schema", "s")]),
            named(&[("type", "bigquery"), ("project", "p"), ("dataset", "d")]),
            named(&[("type", "databricks"), ("host", "h"), ("catalog", "c")]),
        ];
        let mut names: Vec<_> = names.into_iter().map(Result::unwrap).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        assert_eq!(
            named(&[("type", "bigquery"), ("project", "p"), ("schema", "d")]),
            named(&[("type", "bigquery"), ("database", "p"), ("dataset", "d")]),
        );
    }

    #[test]
    fn an_output_that_does_not_say_where_it_writes_has_no_name() {
        let problem = named(&[("type", "sqlite"), ("database", "database")]).unwrap_err();
        assert!(problem.contains("`sqlite`"), "{problem}");
        assert!(named(&[("host", "h")]).unwrap_err().contains("`type`"));
        named(&[("type", "postgres"), ("host", " ")]).unwrap_err();
    }

    proptest! {
        /// Two outputs have the same name if, and only if, they are the same but for case and white space. What is not a
        /// key of the name changes nothing.
        #[test]
        fn names_are_equal_for_equal_targets(
            one in proptest::array::uniform4("[a-c]{1,2}"),
            two in proptest::array::uniform4("[a-c]{1,2}"),
            secret in "[a-z0-9]{0,9}",
        ) {
            let name = |parts: &[String; 4], extra: &str| {
                let [kind, host, database, schema] = parts.each_ref().map(String::as_str);
                named(&[
                    ("type", kind), ("host", host), ("dbname", database), ("schema", schema),
                    ("password", extra), ("user", extra), ("token", extra),
                ]).unwrap()
            };
            prop_assert_eq!(name(&one, &secret), name(&one, ""));
            let upper = one.each_ref().map(|part| format!(" {}", part.to_uppercase()));
            prop_assert_eq!(name(&upper, &secret), name(&one, ""));
            prop_assert_eq!(name(&one, &secret) == name(&two, ""), one == two);
            prop_assert!(secret.len() < 4 || !name(&one, &secret).contains(&secret));
        }
    }
}
