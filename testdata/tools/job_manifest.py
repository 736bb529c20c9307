"""Prints the job that Prefect's Kubernetes worker submits for a flow run, if it is valid by the schema of Kubernetes.

Argument: the id of the flow run. Needs the environment of `testdata/python/worker.txt`, and PREFECT_API_URL.
"""

import asyncio
import json
import sys

import kubernetes_validate
from prefect import get_client
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration


async def job_of(flow_run_id):
    """The job, by the function that the worker calls for each flow run."""
    async with get_client() as client:
        flow_run = await client.read_flow_run(flow_run_id)
        pool = await client.read_work_pool(flow_run.work_pool_name)
        configuration = await KubernetesWorkerJobConfiguration.resolve_for_flow_run(
            flow_run, client=client, work_pool=pool, worker_name="test"
        )
        return configuration.job_manifest


job = asyncio.run(job_of(sys.argv[1]))
# Prefect's template has these in the pod, where Kubernetes does not know them and ignores them.
for misplaced in ("completions", "parallelism"):
    job["spec"]["template"]["spec"].pop(misplaced, None)
kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)
print(json.dumps(job))
