//! The `prefect-dbt` program.

fn main() -> std::process::ExitCode {
    prefect_dbt::main()
}
