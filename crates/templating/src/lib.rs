//! profiles.yml with Prefect references, rendered without changing anything else.
