"""Time travel during `make run`: pages, API and sweeps follow the clock, in its process and in Lambda's sandbox."""

import http.cookiejar
import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlencode

import pytest

from infra.local.demo import OPERATOR, PASSWORD
from tests.infra.built_package import BuiltPackage
from tests.support.patience import PATIENCE_SECONDS, wait_until

LINE = re.compile(r"Local clock:\s*<time datetime=\"([^\"]+)\">")
SWEPT = re.compile(r'"message": "sweep finished".*"expired": (\d+)')
DAY = timedelta(days=1)


class LocalStack:
    """Running `make run` in a directory of its own."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        environment = {"PATH": os.defpath, "LOCAL_DIR": str(directory), "PYTHONWARNINGS": "error"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.run", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self.shown = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), self._process.stdout))
        self.log = directory / ("lambda.log" if arguments else "run.log")
        sites = re.findall(r"^Site +(\S+)/$", self.shown, re.MULTILINE)
        assert sites, self.end()
        self.site = sites[0]

    def end(self) -> tuple[str, str]:
        """Interrupt it as by Ctrl-C, and return its final output."""
        self._process.terminate()
        return self._process.communicate(timeout=PATIENCE_SECONDS)

    def travel(self, *arguments: str) -> None:
        """Run the printed command with other arguments."""
        (variables,) = re.findall(r"to move it: (.*) \S*python manage.py timetravel \+30d", self.shown)
        environment = {"PATH": os.defpath} | dict(variable.split("=", 1) for variable in variables.split())
        command = [sys.executable, "manage.py", "timetravel", *arguments]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, timeout=PATIENCE_SECONDS)

    def page(self) -> str:
        """Return the front page."""
        with urllib.request.urlopen(f"{self.site}/") as answer:  # noqa: S310 - our own site
            text: str = answer.read().decode()
            return text

    def expired(self) -> list[int]:
        """Return the number expired by each sweep."""
        return [int(number) for number in SWEPT.findall(self.log.read_text())]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path)
    yield stack
    assert stack.end() == ("\nEnded.\n", "")


@pytest.fixture
def in_the_sandbox(package: BuiltPackage, tmp_path: Path) -> Iterator[LocalStack]:
    stack = LocalStack(tmp_path, "--lambda", str(package.archive))
    yield stack
    assert stack.end() == ("\nEnded.\n", "")


def check_pages_and_sweeps(stack: LocalStack) -> None:
    """Check that pages and sweeps follow the clock forward and back."""
    assert not LINE.search(stack.page())
    first = stack.expired()
    assert first[0] == 7

    stack.travel("+60d")

    (shown,) = LINE.findall(stack.page())
    assert abs(datetime.fromisoformat(shown) - datetime.now(UTC) - 60 * DAY) < DAY
    wait_until(lambda: sum(stack.expired()) > sum(first))

    stack.travel("--back")

    assert not LINE.search(stack.page())


def test_pages_and_sweeps_of_the_deployed_zip_travel(in_the_sandbox: LocalStack) -> None:
    check_pages_and_sweeps(in_the_sandbox)


def test_pages_and_sweeps_travel(here: LocalStack) -> None:
    check_pages_and_sweeps(here)


class SignedIn:
    """Demo operator, signed in to a site."""

    def __init__(self, site: str) -> None:
        self._site = site
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._cookies))
        self.read("/sign-in/")
        form = {"username": OPERATOR, "password": PASSWORD, "csrfmiddlewaretoken": self._token()}
        self._opener.open(f"{site}/sign-in/", urlencode(form).encode()).close()

    def read(self, path: str) -> str:
        """Return the response to a GET."""
        with self._opener.open(self._site + path) as answer:
            text: str = answer.read().decode()
            return text

    def post(self, path: str, value: dict[str, int]) -> dict[str, str]:
        """Return the API's response to a change."""
        headers = {"Content-Type": "application/json", "X-CSRFToken": self._token(), "Idempotency-Key": "k"}
        request = urllib.request.Request(self._site + path, json.dumps(value).encode(), headers)  # noqa: S310
        with self._opener.open(request) as answer:
            body: dict[str, str] = json.load(answer)
            return body

    def _token(self) -> str:
        return next(cookie.value for cookie in self._cookies if cookie.name == "csrftoken" and cookie.value)


def test_api_and_admin_travel(here: LocalStack) -> None:
    operator = SignedIn(here.site)
    here.travel("--to", "2030-01-01T00:00Z")

    plans = json.loads(operator.read("/api/v1/plans"))["results"]
    monthly = next(plan["id"] for plan in plans if plan["name"] == "Monthly")
    made = operator.post("/api/v1/subscriptions", {"plan": monthly})

    assert made["start_date"].startswith("2030-01-01T00:")
    assert made["end_date"].startswith("2030-02-01T00:")
    assert LINE.findall(operator.read("/admin/dashboard/"))[0].startswith("2030-01-01T00:")
