//! A client for the REST API of Prefect 3.
