"""Account mails start a delivery at once, by one asynchronous invocation of the function itself."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.core.mail import send_mail
from django.db import connection, transaction

from config import settings as config_settings
from config.aws_lambda.admission import InvocationRules, RefusedInvocation
from config.zappa.stages import read_document, read_stages
from foundation import registries
from foundation.jobs.invocation import scheduled_job
from foundation.mail import AccountMail
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.moto_gaps.gaps import close_gaps
from infra.local.function_runner import create_function
from infra.local.lambda_function import LambdaFunction
from infra.packaging.zappa_stage import load_stage
from notifications.aws import clients
from notifications.models import Notification, State
from notifications.outbox import immediate_delivery
from tests.support.account_mails import KNOWN
from tests.support.lambda_context import Context
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    """Runner that keeps asynchronous events."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def invoke(self, function: Any, event: Any) -> Any:
        raise AssertionError("a visitor does not wait for the delivery")

    def invoke_later(self, function: Any, event: Any) -> object:
        self.events.append(event)
        return None


@pytest.fixture(autouse=True)
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND
    monkeypatch.setattr(registries.MAIL_KINDS, "_paths", {"tests.support.account_mails.KINDS": None})


@pytest.fixture
def deployed(aws: LocalAWS, settings: Any) -> Iterator[None]:
    """Create the function in the local AWS."""
    stage = load_stage("dev")
    settings.DELIVERY_FUNCTION = stage.lambda_name
    create_function(stage)
    clients.forget_clients()
    yield
    close_gaps(None)
    clients.forget_clients()


@pytest.fixture
def recorder(deployed: None) -> Recorder:
    recorder = Recorder()
    close_gaps(recorder)
    return recorder


def test_transaction_with_account_mails_starts_one_delivery_when_it_commits(recorder: Recorder) -> None:
    with transaction.atomic():
        AccountMail("enter", KNOWN).send()
        AccountMail("enter", "stranger@example.com").send()
        assert recorder.events == []
    assert recorder.events == [immediate_delivery.EVENT]


def test_known_and_unknown_addresses_start_the_same_invocation(recorder: Recorder) -> None:
    for address in (KNOWN, "stranger@example.com"):
        AccountMail("enter", address).send()
    assert recorder.events == [immediate_delivery.EVENT] * 2
    assert "example.com" not in json.dumps(recorder.events)


def test_stored_mails_and_undone_transactions_start_nothing(recorder: Recorder) -> None:
    send_mail("A", "B", None, [KNOWN])
    with transaction.atomic():
        AccountMail("enter", KNOWN).send()
        transaction.set_rollback(True)
    assert recorder.events == []


def test_invocation_that_aws_refuses_is_logged_and_counted_and_leaves_the_mail_to_the_schedule(
    aws: LocalAWS, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DELIVERY_FUNCTION = "nowhere"
    clients.forget_clients()
    with caplog.at_level(logging.INFO):
        assert AccountMail("enter", KNOWN).send() == 1
    assert Notification.objects.get().state == State.PENDING
    assert [record.__dict__["error"] for record in caplog.records if record.message == "delivery not started"] == [
        "ResourceNotFoundException"
    ]
    assert '"DeliveriesNotStarted": 1' in json.dumps([record.msg for record in caplog.records])


def test_aws_that_does_not_answer_costs_the_visitor_a_second(
    aws: LocalAWS, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.DELIVERY_FUNCTION = "subs-dev"
    monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:9")
    clients.forget_clients()
    with caplog.at_level(logging.WARNING):
        AccountMail("enter", KNOWN).send()
    assert [record.__dict__["error"] for record in caplog.records] == ["EndpointConnectionError"]
    config: Any = clients.functions().meta.config
    assert (config.connect_timeout, config.read_timeout) == (1, 1)
    assert config.retries["total_max_attempts"] == 1
    clients.forget_clients()


def test_function_admits_the_event_and_its_job_accepts_it() -> None:
    stage = next(iter(read_stages(read_document(config_settings.BASE_DIR / "zappa_settings.json"))))
    scheduled = frozenset(event.function for event in stage.events if event.expressions)
    rules = InvocationRules(jobs=scheduled, queues=frozenset())
    assert rules.admit(immediate_delivery.EVENT) == immediate_delivery.EVENT
    with scheduled_job(immediate_delivery.EVENT, Context()):
        pass
    with pytest.raises(RefusedInvocation):
        rules.admit({"command": "notifications.outbox.immediate_delivery.start"})


def test_mail_arrives_without_a_tick(deployed: None, aws: LocalAWS, lambda_function: LambdaFunction) -> None:
    """The handler is Zappa's, behind the admission rules; it runs in another thread, after the answer 202."""
    futures: list[Future[Any]] = []

    class Runner(Recorder):
        def invoke_later(self, function: Any, event: Any) -> object:
            futures.append(pool.submit(run, event))
            return None

    def run(event: Any) -> Any:
        try:
            return lambda_function.invoke(event)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        close_gaps(Runner())
        AccountMail("enter", KNOWN).send()
        assert futures[0].result(PATIENCE_SECONDS)["accepted"] == 1
    assert [mail.recipients for mail in aws.mails()] == [[KNOWN]]


def test_start_loads_neither_the_backend_nor_boto3() -> None:
    program = (
        "import sys, django; django.setup(); from django.urls import get_resolver; get_resolver().url_patterns;"
        "print([name for name in sys.modules if name.startswith(('boto', 'notifications.email_backend'))])"
    )
    environment = {"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "config.settings", "PATH": "/usr/bin:/bin"}
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=config_settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout.strip() == "[]"
