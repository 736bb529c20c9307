//! Ids of task runs, known before dbt starts a node.

use uuid::Uuid;

/// Id of a node's task run. It depends only on run, node and attempt, so that an edge can name a task run before dbt
/// starts its node.
#[must_use]
pub fn task_run_id(run_id: Uuid, unique_id: &str, attempt: u32) -> Uuid {
    Uuid::new_v5(&run_id, format!("{unique_id}#{attempt}").as_bytes())
}

/// Prefect's dynamic key of all task runs of an invocation. The task key is the unique_id; with this key, two invocations
/// or attempts in one flow run do not overwrite each other's task runs.
#[must_use]
pub fn dynamic_key(run_id: Uuid, attempt: u32) -> String {
    format!("{run_id}#{attempt}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_depend_only_on_run_node_and_attempt() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(
            task_run_id(one, "model.a.b", 1),
            task_run_id(one, "model.a.b", 1)
        );
        assert_ne!(
            task_run_id(one, "model.a.b", 1),
            task_run_id(one, "model.a.b", 2)
        );
        assert_ne!(
            task_run_id(one, "model.a.b", 1),
            task_run_id(two, "model.a.b", 1)
        );
        assert_ne!(
            task_run_id(one, "model.a.b", 1),
            task_run_id(one, "model.a.c", 1)
        );
        assert_eq!(
            dynamic_key(one, 2),
            "00000000-0000-0000-0000-000000000001#2"
        );
    }
}
