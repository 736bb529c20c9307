//! Identities of task runs, known before dbt starts a node.

use uuid::Uuid;

/// Id of a node's task run: the same for the same run, node and attempt, so that an edge can name a task run that
/// no event has told of yet.
pub fn task_run_id(run_id: Uuid, unique_id: &str, attempt: u32) -> Uuid {
    Uuid::new_v5(&run_id, format!("{unique_id}#{attempt}").as_bytes())
}

/// Prefect's dynamic key of all task runs of an invocation. With the unique_id as task key it keeps two invocations,
/// or two attempts, in one flow run from overwriting each other.
pub fn dynamic_key(run_id: Uuid, attempt: u32) -> String {
    format!("{run_id}#{attempt}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_run_node_and_attempt_alone() {
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
