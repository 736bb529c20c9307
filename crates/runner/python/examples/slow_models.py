"""Names the models that took long. There are no results when dbt could not read the project."""

from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner

runner = PrefectDbtRunner()


@runner.on_run_end
def name_slow_models(ctx: DbtHookContext) -> None:
    if ctx.status == "error" and ctx.error is not None:
        print(f"dbt run did not produce results: {ctx.error}")
        return
    seconds = {
        unique_id: float(result.get("execution_time") or 0)
        for unique_id, result in (ctx.run_results or {}).items()
        if unique_id.startswith("model.")
    }
    for unique_id in sorted(seconds, key=seconds.__getitem__, reverse=True):
        if seconds[unique_id] >= 30:
            print(f"slow model {unique_id}: {seconds[unique_id]:.1f} s")


runner.invoke(["build"])
