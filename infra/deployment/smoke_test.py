"""Whether what was deployed works: its jobs run once, and it answers."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPException

from infra.deployment.deployed_function import DeployedFunction
from infra.errors import SmokeTestFailed
from infra.local.eventbridge import delivered_event
from infra.local.zappa_stage import ZappaStage

PATIENCE_SECONDS = 60.0
"""A new API answers 403 or 5xx for some seconds, and a database that scaled to zero takes about fifteen to wake up."""
PAUSE_SECONDS = 2.0
REQUEST_SECONDS = 35.0  # more than the 29 that API Gateway gives the function


@dataclass(frozen=True)
class SmokeTest:
    """The test of one deployment. `url` is the stage's address, without a slash at the end."""

    stage: ZappaStage
    function: DeployedFunction
    url: str
    patience_seconds: float = PATIENCE_SECONDS

    def run(self) -> None:
        """Raises SmokeTestFailed, with what was asked and what came back."""
        self._expect_ok("/healthz", patience=self.patience_seconds)
        for schedule in self.stage.schedules:
            if schedule.enabled:
                now = datetime.now(UTC)
                self.function.run(delivered_event(schedule, region=self.stage.region, time=now))
        self._expect_ready()
        self._expect_ok("/")

    def _expect_ready(self) -> None:
        """Mails that AWS does not take at the moment are told, and no reason to take a release back."""
        status, body = get(f"{self.url}/readyz")
        if status != HTTPStatus.OK and _is_only_delivery(body):
            print(f"  /readyz: {_problems(body)}", flush=True)
        elif status != HTTPStatus.OK:
            raise SmokeTestFailed(f"GET {self.url}/readyz answered {status or 'nothing'}: {_problems(body)}")

    def _expect_ok(self, path: str, *, patience: float = 0.0) -> None:
        deadline = time.monotonic() + patience
        while True:
            status, body = get(f"{self.url}{path}")
            if status == HTTPStatus.OK:
                return
            if time.monotonic() > deadline:
                raise SmokeTestFailed(f"GET {self.url}{path} answered {status or 'nothing'}: {_problems(body)}")
            time.sleep(PAUSE_SECONDS)


def get(url: str) -> tuple[int, str]:
    """Status and body; status 0 where there was no answer."""
    request = urllib.request.Request(url, headers={"User-Agent": "smoke-test"})  # noqa: S310 - the API's or our own
    try:
        with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        return 0, str(error)


def _is_only_delivery(body: str) -> bool:
    try:
        return json.loads(body)["only_delivery"] is True
    except (ValueError, KeyError, TypeError):
        return False


def _problems(body: str) -> str:
    try:
        return "; ".join(json.loads(body)["problems"])
    except (ValueError, KeyError, TypeError):
        return body[:500]
