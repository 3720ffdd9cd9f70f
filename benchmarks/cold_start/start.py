"""Cold start: from the start of the process to its first response, under Lambda's own runtime client."""

import re
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from infra.errors import ColdStartFailed
from infra.lambda_local.gateway.http_messages import HttpRequest
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.sandbox import Sandbox
from infra.packaging.zappa_stage import ZappaStage

ENVIRONMENT = {
    "DATABASE_URL": "postgres://user:password@127.0.0.1:1/none",
    "SECRET_ARN": "",  # a call to AWS would take equally long for all
    "SECRET_KEY": "of-a-function-that-nobody-reaches-and-known-to-everyone-who-reads-this",  # not a secret
    "PYTHONDONTWRITEBYTECODE": "1",  # as on Lambda, where the code is read-only
}

IMPORTED = re.compile(r"^import '([\w.]+)' #", re.MULTILINE)
"""https://docs.python.org/3/using/cmdline.html#envvar-PYTHONVERBOSE"""


@dataclass(frozen=True)
class Function:
    """Unpacked package with its Lambda configuration. `variables` override the stage's."""

    package: Path
    stage: ZappaStage
    handler: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def sandbox(self, **variables: str) -> Sandbox:
        """Return a sandbox that has not started yet."""
        return Sandbox(
            self.package,
            handler=self.handler,
            environment=self.stage.variables | ENVIRONMENT | dict(self.variables) | variables,
            timeout=timedelta(seconds=self.stage.timeout_seconds),
            memory_megabytes=self.stage.memory_megabytes,
        )

    def request(self, path: str) -> dict[str, Any]:
        """Return the event of a GET of this path below the stage."""
        api = RestAPI(f"local.execute-api.{self.stage.region}.amazonaws.com", self.stage.name)
        address = f"/{self.stage.name}{path}"
        return api.event(HttpRequest("GET", address, "", [("Host", api.host)], b"", "127.0.0.1"))


def measure_start(function: Function, event: Any) -> Measurement:
    """Start the function, and stop it after its first response; CPU is the process's own. Raises ColdStartFailed."""
    cpu, began = _cpu_of_children(), time.perf_counter()
    with function.sandbox() as sandbox:
        result = sandbox.invoke(event)
        wall = time.perf_counter() - began
    refuse_failure(result)
    return Measurement(units=1, wall=wall, cpu=_cpu_of_children() - cpu)


def imported_modules(function: Function, event: Any) -> set[str]:
    """Return the modules imported before the first response. Raises ColdStartFailed."""
    with function.sandbox(PYTHONVERBOSE="1") as sandbox:
        result = sandbox.invoke(event)
    refuse_failure(result)
    return set(IMPORTED.findall(result.log))


def refuse_failure(result: InvocationResult) -> None:
    """Raise ColdStartFailed if the function failed, or answered a request with a status other than 200."""
    answer = result.payload if isinstance(result.payload, dict) else {}
    if result.error or answer.get("statusCode", 200) != 200:
        raise ColdStartFailed(result.log)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
