"""Smoke test: the deployment responds, or the test reports its response."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from django.conf import LazySettings
from django.db import connections

from config.aws_lambda import gated_jobs
from infra.deployment import site_test
from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.smoke_test import SmokeTest
from infra.errors import SmokeTestFailed
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.moto_gaps.functions import Request
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.lambda_function import LambdaFunction
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET, LocalProvider
from infra.packaging.zappa_stage import ZappaStage
from tests.infra.lambda_local.moto_gaps.cloud import NAME, Cloud
from tests.infra.lambda_local.moto_gaps.recorder import Recorder


@dataclass
class Site:
    """Server that answers 200 to everything unless configured otherwise."""

    url: str
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    for_host: dict[str, int] = field(default_factory=dict)
    """Statuses by requested host."""


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = served.answers.get(self.path, (200, {}))
            status = served.for_host.get(self.headers["Host"].partition(":")[0], status)
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
    """Recorder of fired rules, and of commands, which fail on demand."""

    rules: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    failing: str = ""
    asleep: bool = False
    """Whether the gate is closed, so that the schedule's events start no job."""

    def invoke(self, function: Any, event: Any) -> InvocationResult:
        if "command" in event:
            self.commands.append(event["command"])
        elif command := event.get("manage"):
            self.commands.append(command)
            failed = {"errorType": "CommandError", "errorMessage": "stripe does not accept the key"}
            self.error = failed if command == self.failing else None
        else:
            self.rules.append(event["resources"][0].rpartition("/")[2])
        result = super().invoke(function, event)
        return replace(result, payload=gated_jobs.ASLEEP) if self.asleep and "resources" in event else result


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


def test_jobs_run_by_command_behind_a_closed_gate(smoke_test: SmokeTest, jobs: Jobs, stage: ZappaStage) -> None:
    """The first job closes it, and no other would show whether its code runs."""
    jobs.asleep = True
    smoke_test.run()
    assert jobs.rules == [schedule.rule_name for schedule in stage.schedules]
    assert jobs.commands == [schedule.function for schedule in stage.schedules]


def paying(smoke_test: SmokeTest, provider: str) -> SmokeTest:
    """Return the smoke test of a stage with this payment provider."""
    variables = smoke_test.stage.variables | {"PAYMENT_PROVIDER": provider}
    return replace(smoke_test, stage=replace(smoke_test.stage, variables=variables))


def test_provider_is_asked_from_inside_where_it_takes_money(smoke_test: SmokeTest, jobs: Jobs) -> None:
    for provider in ("", "manual"):
        paying(smoke_test, provider).run()
    assert jobs.commands == []
    paying(smoke_test, "stripe").run()
    assert jobs.commands == ["payments check"]


@dataclass
class Function:
    """Runner that executes the stage's handler in this process, and reports its error as Lambda's runtime does."""

    handler: LambdaFunction

    def invoke(self, function: Any, event: Any) -> InvocationResult:
        payload = error = None
        try:
            payload = self.handler.invoke(event)
        except Exception as raised:  # noqa: BLE001 - whatever it is, it is reported
            error = {"errorType": type(raised).__name__, "errorMessage": str(raised)}
        finally:
            connections.close_all()  # of this thread
        return InvocationResult("id", payload, error, timedelta(0), None, "END\n")

    def invoke_later(self, function: Any, event: Any) -> None:
        """Run nothing: the smoke test waits for its answers."""


@pytest.fixture
def running(
    smoke_test: SmokeTest, lambda_function: LambdaFunction, transactional_db: None, settings: LazySettings
) -> SmokeTest:
    """Return the smoke test of a stage whose function runs here and asks Stripe."""
    Request.runner = Function(lambda_function)
    settings.PAYMENT_PROVIDER, settings.STRIPE_WEBHOOK_SECRETS = "stripe", [WEBHOOK_SECRET]
    settings.STRIPE_SECRET_KEY = SECRET_KEY
    return paying(smoke_test, "stripe")


def test_first_release_with_a_provider_must_reach_it(running: SmokeTest, settings: LazySettings) -> None:
    with LocalProvider() as provider:
        settings.STRIPE_API_BASE = provider.url
        running.run()
    with pytest.raises(SmokeTestFailed, match=r"the function failed on .*payments"):
        running.run()


def test_outage_of_the_provider_rolls_no_later_release_back(
    running: SmokeTest, settings: LazySettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    replace(running, has_paid=True).run()
    said = capsys.readouterr().out
    assert said.count("the payment provider does not answer, which no rollback would change") == 2
    assert "WayOut=ipv6" in said


@pytest.mark.parametrize("has_paid", [True, False])
def test_key_that_the_provider_refuses_fails_each_release(
    has_paid: bool, running: SmokeTest, settings: LazySettings
) -> None:
    with LocalProvider(secret_key="sk_test_new") as provider:
        settings.STRIPE_API_BASE = provider.url
        with pytest.raises(SmokeTestFailed, match="KeyRefused"):
            replace(running, has_paid=has_paid).run()


def test_command_that_fails_for_another_reason_fails_the_test(smoke_test: SmokeTest, jobs: Jobs) -> None:
    jobs.failing = "payments check"
    with pytest.raises(SmokeTestFailed, match="payments check"):
        replace(paying(smoke_test, "stripe"), has_paid=True).run()


def at(smoke_test: SmokeTest, site_url: str, api_url: str = "") -> SmokeTest:
    """Return the smoke test of a stage with this SITE_URL."""
    variables = smoke_test.stage.variables | {"SITE_URL": site_url}
    return replace(smoke_test, stage=replace(smoke_test.stage, variables=variables), url=api_url or smoke_test.url)


def links(site: Site) -> str:
    """Return another URL of the same server."""
    return site.url.replace("127.0.0.1", "localhost")


def test_address_of_links_is_asked_as_well(smoke_test: SmokeTest, site: Site) -> None:
    site.answers["/readyz"] = (200, {"status": "ok", "problems": [], "only_delivery": False})
    assert at(smoke_test, f"{links(site)}/").run() == f"{links(site)} leads to the service"
    assert site.asked.count("/readyz") == 2


def test_links_that_are_answered_with_400_fail_the_test(smoke_test: SmokeTest, site: Site) -> None:
    site.for_host["localhost"] = 400
    with pytest.raises(SmokeTestFailed, match=r"localhost:\d+/readyz answered 400, and so does every link in a mail"):
        at(smoke_test, links(site)).run()


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_links_to_somebody_else_are_told(smoke_test: SmokeTest, site: Site, status: int) -> None:
    site.for_host["localhost"] = status
    said = at(smoke_test, links(site)).run()
    assert f"SITE_URL leads elsewhere: {links(site)}/readyz answered {status}" in said
    assert f"set SITE_URL to {site.url}" in said


def test_address_that_does_not_resolve_yet_is_told(smoke_test: SmokeTest, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, *rest: object) -> object:
        if host == "not-there.localhost":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return found(host, *rest)

    found: Callable[..., object] = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(site_test, "LOOPBACK", ())
    said = at(smoke_test, "https://not-there.localhost").run()
    assert said.startswith("SITE_URL not tried: not-there.localhost does not resolve yet. Until it leads here")


def test_address_that_does_not_answer_is_told(smoke_test: SmokeTest) -> None:
    assert "https://127.0.0.1:9 did not answer: " in at(smoke_test, "https://127.0.0.1:9").run()


def test_address_of_the_api_itself_is_enough(smoke_test: SmokeTest, site: Site) -> None:
    assert at(smoke_test, f"{site.url}/").run() == "SITE_URL is this API's own address"
    assert site.asked.count("/readyz") == 1


def test_site_on_the_internet_is_not_asked_for_an_api_on_this_machine(smoke_test: SmokeTest) -> None:
    assert "this API is on this machine" in smoke_test.run()


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
