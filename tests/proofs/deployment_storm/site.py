"""Site of the storm: runs functions of the local AWS, and serves their APIs.

It responds like the product according to the running code and configuration, without executing it. A sandbox would take
a minute per deployment; `make deploy-local` covers the execution.
"""

import io
import json
import threading
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import LambdaFunction, lambda_backends

from infra.deployment.database_migration import JOB, PLAN
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.packaging.lambda_runtimes import runtime_of
from tests.infra.deployment.answering_functions import MIGRATED
from tests.proofs.deployment_storm.release import HANDLER, MARK, Fails

HANDLER_SETTING = "config.aws_lambda.handler.lambda_handler"
START_SECONDS = 5
"""Minimum time limit for a function to start."""
NEEDED = {"SECRET_ARN", "SITE_URL", "ALLOWED_HOSTS"}
"""Variables without which the product does not start."""

ANSWERS: dict[str, Any] = {JOB: MIGRATED, PLAN: {"applied": [], "pending": {}}}
"""Responses of the migration jobs."""


@dataclass
class StormSite:
    """Context manager with a runner for moto's functions, and the server of their APIs. `served` are code hashes."""

    served: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                _, api_id, _stage, *path = self.path.split("/")
                status, code = site.answer(api_id, "/" + "/".join(path))
                body = json.dumps({"problems": [] if status == 200 else [f"status {status}"]}).encode()
                self.send_response(status)
                self.send_header("X-Code", code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return the URL prefix of all APIs."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, api_id: str, path: str, region: str = "us-east-1") -> tuple[int, str]:
        """Return the status of a GET, and the hash of the responding code, or ""."""
        apis = apigateway_backends[ACCOUNT][region].apis
        if api_id not in apis:
            return 403, ""
        try:
            function = lambda_backends[ACCOUNT][region].get_function(apis[api_id].name)
        except Exception:  # noqa: BLE001 - moto's, for a function that is gone
            return 500, ""
        fails = start_failure(function) or failure_of(function.code_bytes)
        if fails is Fails.AT_START:
            return 502, function.code_sha_256
        self.served.append(function.code_sha_256)
        return (500 if fails is Fails.AT_ITS_PAGE and path == "/" else 200), function.code_sha_256

    def invoke(self, function: LambdaFunction, event: Any) -> InvocationResult:
        """Run a job or a management command."""
        fails = start_failure(function) or failure_of(function.code_bytes)
        broken = fails is Fails.AT_START or (fails is Fails.AT_MIGRATION and event.get("command") == JOB)
        if not broken:
            self.served.append(function.code_sha_256)
        error: Any = {"errorType": "StormError", "errorMessage": f"fails {fails.value}"} if broken else None
        payload = None if broken else ANSWERS.get(event.get("command", ""))
        return InvocationResult("0", payload, error, timedelta(), None, "")

    def invoke_later(self, function: LambdaFunction, event: Any) -> InvocationResult:
        """Run a job or a management command."""
        return self.invoke(function, event)


def start_failure(function: LambdaFunction) -> Fails | None:
    """Return the failure if the configuration prevents the start."""
    variables = function.environment_vars
    starts = (
        function.run_time == runtime_of().name
        and function.get_configuration()["Handler"] == HANDLER_SETTING
        and int(function.timeout) >= START_SECONDS
        and variables.keys() >= NEEDED
    )
    return None if starts else Fails.AT_START


def failure_of(code: bytes) -> Fails:
    """Return the failure of code; without a handler it fails at its start."""
    with zipfile.ZipFile(io.BytesIO(code)) as archive:
        if HANDLER not in archive.namelist():
            return Fails.AT_START
        return Fails[json.loads(archive.read(MARK))["fails"]]
