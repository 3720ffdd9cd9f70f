"""Smoke test of a deployment: its jobs run once, gate or not, it responds, and links lead to it."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.site_test import SiteTest, fetch
from infra.errors import InvocationFailed, SmokeTestFailed
from infra.lambda_local.eventbridge.scheduled_event import delivered_event
from infra.packaging.zappa_stage import Schedule, ZappaStage

PATIENCE_SECONDS = 60.0
"""Patience in seconds: a new API answers 403 or 5xx at first, and a paused database takes fifteen to resume."""
PAUSE_SECONDS = 2.0
PAGES = ("/", "/admin/login/")
"""Pages to request. The admin is loaded by its first page, so no start would find it broken."""
NOBODY_TO_ASK = ("", "manual")
"""Values of PAYMENT_PROVIDER under which no money is taken online."""
CHECK_PAYMENTS = {"manage": "payments check"}
OUTAGES = ("NotAnswered", "ProviderUnavailable")
"""Errors by which `payments check` and the jobs report that the payment provider does not answer."""
ASLEEP = {"asleep": True}
"""Response to a schedule's event behind a closed gate: `config.aws_lambda.gated_jobs.ASLEEP`."""
REQUEST_SECONDS = 35.0  # more than the 29 that API Gateway gives the function


@dataclass(frozen=True)
class SmokeTest:
    """Test of one deployment. `url` is the stage's URL without a trailing slash."""

    stage: ZappaStage
    function: DeployedFunction
    url: str
    patience_seconds: float = PATIENCE_SECONDS
    has_paid: bool = False
    """True if an earlier release with this payment provider passed, so that the way there is known to be open."""

    def run(self) -> str:
        """Run the test. Return a note on SITE_URL. Raises SmokeTestFailed, with request and response.

        The function asks the payment provider: what reaches it from elsewhere says nothing about the way out of a VPC.
        An outage of the provider is printed and does not cause a rollback; a key that it refuses does.
        """
        self._expect_ok("/healthz", patience=self.patience_seconds)
        for schedule in self.stage.schedules:
            if schedule.enabled:
                self._run_job(schedule)
        if self.stage.variables.get("PAYMENT_PROVIDER", "") not in NOBODY_TO_ASK:
            self._invoke(CHECK_PAYMENTS)
        self._expect_ok("/readyz")
        for page in PAGES:
            self._expect_ok(page)
        return SiteTest(self.stage.variables["SITE_URL"].rstrip("/"), self.url).run()

    def _run_job(self, schedule: Schedule) -> None:
        """Send the schedule's event. The first job closes the gate, behind which the others run by command."""
        event = delivered_event(schedule, region=self.stage.region, time=datetime.now(UTC))
        if self._invoke(event) == ASLEEP:
            self._invoke({"command": schedule.function, "kwargs": schedule.kwargs})

    def _invoke(self, event: dict[str, Any]) -> Any:
        """Return the function's response, or None after an outage of the payment provider that it may have."""
        try:
            return self.function.run(event)
        except InvocationFailed as failure:
            if not self.has_paid or failure.error_type not in OUTAGES:
                raise
            print(f"  the payment provider does not answer, which no rollback would change: {failure}", flush=True)
            return None

    def _expect_ok(self, path: str, *, patience: float = 0.0) -> None:
        """Require status 200. Delivery problems are printed but do not cause a rollback."""
        deadline = time.monotonic() + patience
        while True:
            status, body = get(f"{self.url}{path}")
            if status == HTTPStatus.OK:
                return
            if _said(body).get("only_delivery") is True:
                print(f"  {path}: {problems_in(body)}", flush=True)
                return
            if time.monotonic() > deadline:
                raise SmokeTestFailed(f"GET {self.url}{path} answered {status or 'nothing'}: {problems_in(body)}")
            time.sleep(PAUSE_SECONDS)


def get(url: str) -> tuple[int, str]:
    """Return status and body; status 0 without a response."""
    try:
        return fetch(url, REQUEST_SECONDS)
    except (OSError, HTTPException) as error:
        return 0, str(error)


def _said(body: str) -> dict[str, Any]:
    """Return the response of `/readyz`, or {} if it is not ours."""
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def problems_in(body: str) -> str:
    """Return the problems in the response of `/readyz`, or the beginning of the body."""
    problems = _said(body).get("problems")
    return "; ".join(problems) if isinstance(problems, list) else body[:500]
