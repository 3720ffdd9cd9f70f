"""Function runner for the local AWS that responds like the product, and records the code that was called."""

import base64
import io
import zipfile
from datetime import timedelta
from typing import Any

from moto.awslambda.models import LambdaFunction

from infra.deployment.database_migration import JOB, PLAN
from infra.deployment.smoke_test import CHECK_PAYMENTS
from infra.lambda_local.sandbox.invocation_result import InvocationResult

MIGRATED = {"applied": [], "remaining": [], "stopped_by": "", "stopped_at": "", "has_progressed": False}
"""Response of `config.operations.release_jobs.migrate` without pending migrations.

tests/infra/deployment/test_database_migration.py compares it with the real one.
"""


class AnsweringFunctions:
    """Function runner. `broken` is code that fails on every event, `unready` code that works but reports bad health."""

    def __init__(self) -> None:
        self.migrations: list[dict[str, Any]] = []
        """Responses to the next migration runs."""
        self.applied: list[str] = []
        """Applied migrations of the database."""
        self.pending: dict[str, list[str]] = {}
        """Pending migrations with their locks."""
        self.broken: set[str] = set()
        self.unready: set[str] = set()
        self.provider_is_down = False
        self.ran: list[tuple[str, Any]] = []
        """Calls: code and event."""

    def invoke(self, function: LambdaFunction, event: Any) -> InvocationResult:
        """Respond immediately."""
        code = code_in(function)
        self.ran.append((code, event))
        if code in self.broken:
            return _result(error={"errorType": "ZeroDivisionError", "errorMessage": "division by zero"})
        if event == CHECK_PAYMENTS and self.provider_is_down:
            return _result(error={"errorType": "NotAnswered", "errorMessage": "stripe does not answer from here"})
        if event.get("command") == JOB:
            return _result(self.migrations.pop(0) if self.migrations else MIGRATED)
        if event.get("command") == PLAN:
            return _result({"applied": self.applied, "pending": self.pending})
        return _result(self._answer(code, event) if "httpMethod" in event else None)

    def invoke_later(self, function: LambdaFunction, event: Any) -> object:
        """Respond immediately, too."""
        return self.invoke(function, event)

    def _answer(self, code: str, event: Any) -> dict[str, Any]:
        unready = code in self.unready and event["path"].endswith("/readyz")
        body = '{"problems": ["no sweep for 10 minutes"]}' if unready else code
        encoded = base64.b64encode(body.encode()).decode()
        return {"statusCode": 503 if unready else 200, "headers": {}, "body": encoded, "isBase64Encoded": True}


def code_in(function: LambdaFunction) -> str:
    """Return the text of a function's code."""
    with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
        return archive.read("handler.py").decode()


def _result(payload: Any = None, error: Any = None) -> InvocationResult:
    return InvocationResult("a-request", payload, error, timedelta(0), None, "START\nEND\n")
