//! dbt's structured log stream: lines, events and levels.
