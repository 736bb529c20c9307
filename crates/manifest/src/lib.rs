//! Typed models of dbt's manifest.json, run_results.json and sources.json.
