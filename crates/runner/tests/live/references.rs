//! The blocks and variables that a profiles.yml of the tests refers to, created over REST.

use prefect_client::{Client, NewVariable};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::project::Project;

/// The secrets in the blocks.
pub(super) const SECRETS: [&str; 2] = ["hunter2-in-a-secret-block", "hunter3-in-a-nested-block"];

/// A profiles.yml and all that it refers to, under names that no other test has.
pub(super) struct References {
    client: Client,
    name: String,
}

impl References {
    /// Makes blocks and variables, and writes the profiles.yml that refers to them: the variable `target` chooses
    /// between an output as it is and one that is made of references.
    pub(super) fn make(project: &Project, client: Client, runtime: &Runtime) -> Self {
        let made = Self {
            client,
            name: format!("test-{}", Uuid::now_v7()),
        };
        runtime.block_on(made.create());
        let text = PROFILES.replace("NAME", &made.name);
        std::fs::write(project.path().join("profiles.yml"), text).unwrap();
        made
    }

    /// Sets the variable that chooses the target.
    pub(super) async fn choose(&self, target: &str) {
        let name = format!("target-{}", self.name);
        let _ = self.client.delete_variable(&name).await;
        self.variable("target", json!(target)).await;
    }

    async fn create(&self) {
        self.choose("dev").await;
        self.variable("threads", json!(2)).await;
        self.variable(
            "settings",
            json!({"TimeZone": "UTC", "preserve_insertion_order": true}),
        )
        .await;
        self.block("secret", json!({"value": SECRETS[0]})).await;
        let fields = json!({
            "title": "JSON",
            "type": "object",
            "properties": {"value": {"title": "Value"}},
            "required": ["value"],
            "block_type_slug": "json",
            "secret_fields": [],
            "block_schema_references": {},
        });
        self.client
            .register_block_type("json", "JSON", &fields)
            .await
            .unwrap();
        self.block("json", json!({"value": {"files": ["prod.duckdb"]}}))
            .await;
        let login = json!({"account": "acme", "user": "ada", "password": SECRETS[1]});
        let login = self.block("snowflake-credentials", login).await;
        let login = json!({"$ref": {"block_document_id": login}});
        let connector =
            json!({"credentials": login, "database": "d", "warehouse": "w", "schema": "sales"});
        self.block("snowflake-connector", connector).await;
    }

    async fn variable(&self, name: &str, value: Value) {
        let name = format!("{name}-{}", self.name);
        self.client
            .create_variable(&NewVariable::new(&name, value))
            .await
            .unwrap();
    }

    async fn block(&self, kind: &str, data: Value) -> Uuid {
        let data = data.as_object().unwrap();
        self.client
            .create_block(kind, &self.name, data)
            .await
            .unwrap()
            .id
    }
}

const PROFILES: &str = r#"# A variable in Prefect chooses the target.
shop:
  target: "{{ prefect.variables.target-NAME }}"
  outputs:
    dev:
      type: duckdb
      path: dev.duckdb
      threads: 1
    prod:
      type: duckdb
      path: "{{ prefect.blocks.json.NAME.files[0] }}"
      schema: "{{ prefect.blocks.snowflake-connector.NAME.schema }}_{{ env_var('SHOP_SUFFIX', 'eu') }}"
      threads: "{{ prefect.variables.threads-NAME }}"
      settings:
        TimeZone: "{{ prefect.variables.settings-NAME.TimeZone }}"
        home_directory: "/nowhere/{{ prefect.blocks.secret.NAME }}"
        secret_directory: "{{ prefect.blocks.snowflake-connector.NAME.credentials.password }}"
"#;
