//! The run_results.json of a round: the one that selects its nodes, and the one that joins its results with those before.

use std::collections::HashMap;

use serde_json::{Value, json};

/// A run_results.json that `--select result:error` selects exactly these nodes from. `before` are the results of the run, whose
/// metadata it has: dbt refuses results of another schema.
pub(crate) fn selected_results<'a>(before: &Value, ids: impl Iterator<Item = &'a str>) -> Value {
    let result = |id: &str| {
        json!({
            "unique_id": id, "status": "error", "timing": [], "thread_id": "", "execution_time": 0.0,
            "adapter_response": {}, "message": null, "failures": null, "compiled": null, "compiled_code": null,
            "relation_name": null, "batch_results": null,
        })
    };
    json!({
        "metadata": before["metadata"],
        "results": ids.map(result).collect::<Vec<_>>(),
        "elapsed_time": 0.0,
        "args": {},
    })
}

/// The results of a run after a round. The order and the arguments are those of the run, so that `dbt retry` and comparisons
/// of states see one run; the metadata is that of the round, to which manifest.json belongs.
pub(crate) fn merged_results(mut run: Value, mut round: Value) -> Value {
    let take = |results: &mut Value| match results["results"].take() {
        Value::Array(results) => results,
        _ => Vec::new(),
    };
    let id = |result: &Value| result["unique_id"].as_str().map(str::to_owned);
    let (before, newer) = (take(&mut run), take(&mut round));
    let order: Vec<Option<String>> = newer.iter().map(id).collect();
    let mut newer: HashMap<Option<String>, Value> = order.iter().cloned().zip(newer).collect();
    let mut results: Vec<Value> = before
        .into_iter()
        .map(|result| newer.remove(&id(&result)).unwrap_or(result))
        .collect();
    results.extend(order.iter().filter_map(|id| newer.remove(id)));
    let seconds = |results: &Value| results["elapsed_time"].as_f64().unwrap_or_default();
    json!({
        "metadata": round["metadata"],
        "results": results,
        "elapsed_time": seconds(&run) + seconds(&round),
        "args": run["args"],
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn results(invocation: &str, results: &[(String, &str)]) -> Value {
        let result = |(id, status): &(String, &str)| json!({"unique_id": id, "status": status});
        json!({
            "metadata": {"invocation_id": invocation}, "elapsed_time": 1.5, "args": {"which": invocation},
            "results": results.iter().map(result).collect::<Vec<_>>(),
        })
    }

    fn ids(results: &Value) -> Vec<(&str, &str)> {
        let list = results["results"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        list.iter()
            .map(|result| {
                let text = |key: &str| result[key].as_str().unwrap_or_default();
                (text("unique_id"), text("status"))
            })
            .collect()
    }

    #[test]
    fn results_of_a_round_replace_those_of_the_run_in_its_order() {
        let named = |id: &str| id.to_owned();
        let run = results(
            "run",
            &[
                (named("a"), "error"),
                (named("b"), "success"),
                (named("c"), "skipped"),
            ],
        );
        let round = results(
            "round",
            &[
                (named("c"), "success"),
                (named("d"), "pass"),
                (named("a"), "success"),
            ],
        );
        let merged = merged_results(run, round);
        let expected = [
            ("a", "success"),
            ("b", "success"),
            ("c", "success"),
            ("d", "pass"),
        ];
        assert_eq!(ids(&merged), expected);
        assert_eq!(merged["metadata"]["invocation_id"], "round");
        assert_eq!(merged["args"]["which"], "run");
        assert_eq!(merged["elapsed_time"], 3.0);
    }

    #[test]
    fn the_selection_lists_each_node_as_an_error() {
        let before = results("run", &[]);
        let selected = selected_results(&before, ["a", "b"].into_iter());
        assert_eq!(ids(&selected), [("a", "error"), ("b", "error")]);
        assert_eq!(selected["metadata"], before["metadata"]);
    }

    proptest! {
        #[test]
        fn every_node_keeps_one_result(run in proptest::collection::btree_set("[a-e]", 0..5),
                                       round in proptest::collection::btree_set("[a-g]", 0..7)) {
            let list = |ids: &std::collections::BTreeSet<String>, status: &'static str| {
                ids.iter().map(|id| (id.clone(), status)).collect::<Vec<_>>()
            };
            let merged = merged_results(
                results("run", &list(&run, "old")),
                results("round", &list(&round, "new")),
            );
            let found = ids(&merged);
            prop_assert_eq!(found.len(), run.union(&round).count());
            for (id, status) in found {
                prop_assert_eq!(status == "new", round.contains(id));
            }
        }
    }
}
