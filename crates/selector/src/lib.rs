//! dbt's node selection language: parsed, compiled and evaluated against a manifest.
