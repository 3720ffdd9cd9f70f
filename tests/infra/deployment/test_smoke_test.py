"""What was deployed answers, or the test says what it did instead."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest

from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.moto_gaps import Request
from infra.deployment.smoke_test import SmokeTest
from infra.errors import SmokeTestFailed
from infra.local.local_aws import LocalAWS
from infra.local.zappa_stage import ZappaStage
from infra.sandbox.invocation_result import InvocationResult
from tests.infra.deployment.test_moto_gaps import NAME, Cloud, Recorder


@dataclass
class Site:
    """Answers 200 to everything, unless told otherwise."""

    url: str
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = served.answers.get(self.path, (200, {}))
            served.asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    served = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Jobs(Recorder):
    """Remembers which rules fired."""

    rules: list[str] = field(default_factory=list)

    def invoke(self, function: Any, event: Any) -> InvocationResult:
        self.rules.append(event["resources"][0].rpartition("/")[2])
        return super().invoke(function, event)


@pytest.fixture
def jobs(aws: LocalAWS) -> Iterator[Jobs]:
    Cloud(aws.url).provide()
    Request.runner = jobs = Jobs()
    yield jobs
    Request.runner = None


@pytest.fixture
def smoke_test(site: Site, jobs: Jobs, stage: ZappaStage) -> SmokeTest:
    return SmokeTest(stage, DeployedFunction(boto3.client("lambda"), NAME), site.url, patience_seconds=0)


def test_each_job_runs_before_the_service_must_be_ready(
    smoke_test: SmokeTest, site: Site, jobs: Jobs, stage: ZappaStage
) -> None:
    smoke_test.run()

    assert jobs.rules == [schedule.rule_name for schedule in stage.schedules]
    assert site.asked == ["/healthz", "/readyz", "/", "/admin/login/"]


def test_problems_of_readyz_are_told(smoke_test: SmokeTest, site: Site) -> None:
    site.answers["/readyz"] = (503, {"problems": ["the database does not answer"]})
    with pytest.raises(SmokeTestFailed, match="readyz answered 503: the database does not answer"):
        smoke_test.run()


def test_release_is_not_to_blame_for_mails_that_wait(
    smoke_test: SmokeTest, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers["/readyz"] = (503, {"problems": ["SES is paused: the daily quota is used up"], "only_delivery": True})
    smoke_test.run()
    assert "SES is paused" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["/", "/admin/login/"])
def test_page_that_fails_fails_the_test(page: str, smoke_test: SmokeTest, site: Site) -> None:
    site.answers[page] = (500, {})
    with pytest.raises(SmokeTestFailed, match=f"{page} answered 500"):
        smoke_test.run()


def test_job_that_fails_fails_the_test(smoke_test: SmokeTest, jobs: Jobs) -> None:
    jobs.error = {"errorType": "OperationalError", "errorMessage": "no such table"}
    with pytest.raises(SmokeTestFailed, match="no such table"):
        smoke_test.run()


def test_nobody_there_is_told(jobs: Jobs, stage: ZappaStage) -> None:
    function = DeployedFunction(boto3.client("lambda"), NAME)
    with pytest.raises(SmokeTestFailed, match="answered nothing"):
        SmokeTest(stage, function, "http://127.0.0.1:9", patience_seconds=0).run()
