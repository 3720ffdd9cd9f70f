"""Alarms: each watches an existing metric, and custom ones are emitted by the code."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import load
from django.conf import settings
from django.test import override_settings

from config.aws_lambda.admission import RefusedInvocation
from config.zappa.stages import read_document, read_stages
from infra.deployment.policies import MESSAGING
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local.lambda_function import LambdaFunction
from notifications.metrics import NotificationMetric
from notifications.models import Channel, Notification, State
from notifications.outbox.delivery import Delivery
from notifications.ses.channel import SesChannel
from payments.jobs import process_payments
from payments.received_money.recording import MoneyReceived, record_unexpected
from subscriptions.access.audit import AccessAudit
from subscriptions.access.managed_groups import managed_groups
from subscriptions.announcements import unlimited
from subscriptions.metrics import SubscriptionMetric
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscriptions_transitioned
from tests.support.factories import MONTH, make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context
from tests.support.templates import Template, of_type, watched_metrics

DIMENSIONS = [{"Name": name, "Value": {"Ref": name}} for name in ("Project", "Stage")]
AWSS_OWN = {"AWS/Lambda", "AWS/ApiGateway", "AWS/SQS", "AWS/SES"}
HEARTBEATS = {metric for metric in (*SubscriptionMetric, *NotificationMetric) if metric.is_heartbeat}


@pytest.fixture(scope="module")
def alarms() -> dict[str, Template]:
    """Return the alarms of messaging.yaml, by logical name."""
    return of_type(dict(load(str(MESSAGING))), "CloudWatch::Alarm")


@pytest.fixture
def own(alarms: dict[str, Template]) -> list[Template]:
    """Return the service's own metrics watched by alarms."""
    watched = [metric for alarm in alarms.values() for metric in watched_metrics(alarm)]
    return [metric for metric in watched if str(metric["Namespace"]) not in AWSS_OWN]


def test_no_alarm_watches_two_metrics_which_would_cost_twice(alarms: dict[str, Template]) -> None:
    assert {name for name, alarm in alarms.items() if len(watched_metrics(alarm)) != 1} == set()


def test_every_alarm_wakes_somebody(alarms: dict[str, Template]) -> None:
    assert {str(alarm["AlarmActions"]) for alarm in alarms.values()} == {"[{'Ref': 'AlarmTopic'}]"}


def test_silence_is_an_alarm_and_what_it_misses_is_written_always(alarms: dict[str, Template]) -> None:
    breaching = {name for name, alarm in alarms.items() if alarm["TreatMissingData"] == "breaching"}
    assert breaching == {"SweepDidNotRun", "DeliveryLate"}
    assert {watched_metrics(alarms[name])[0]["MetricName"] for name in breaching} == HEARTBEATS


def test_silence_is_filled_in_where_it_is_an_alarm(alarms: dict[str, Template]) -> None:
    """A value that is missing would let CloudWatch look back beyond SilentMinutes."""
    filled = {name: alarm["Metrics"][0]["Expression"] for name, alarm in alarms.items() if "Metrics" in alarm}
    assert filled == {"SweepDidNotRun": "FILL(sweeps, 0)", "DeliveryLate": "FILL(oldest, 86400)"}
    assert alarms["SweepDidNotRun"]["Threshold"] > 0
    assert alarms["DeliveryLate"]["Threshold"] < 86400


def test_slow_is_80_percent_of_the_time_limit(alarms: dict[str, Template]) -> None:
    stage = read_stages(read_document(settings.BASE_DIR / "zappa_settings.json"))[0]
    assert alarms["FunctionSlow"]["Threshold"] == stage.settings["timeout_seconds"] * 1000 * 0.8


@pytest.fixture
def one_that_cannot_expire() -> Iterator[list[int]]:
    """Make it impossible to expire a subscription of these users."""
    users: list[int] = []

    def refuse(*, user_ids: list[int], **kwargs: Any) -> None:
        if set(users) & set(user_ids):
            raise ValueError

    subscriptions_transitioned.connect(refuse)
    yield users
    subscriptions_transitioned.disconnect(refuse)


@pytest.fixture
def emit_all(
    one_that_cannot_expire: list[int], lambda_function: LambdaFunction, aws: LocalAWS, transactional_db: None
) -> Callable[[], None]:
    """Run a sweep, a delivery and an invocation with every failure that an alarm watches."""
    from config.aws_lambda.handler import lambda_handler  # noqa: PLC0415 - needs the settings that Zappa makes

    def emit_all() -> None:
        now = datetime.now(UTC)
        began = now - MONTH - timedelta(hours=1)
        plan = make_plan()
        Service.create_subscription(make_user(), plan, now=began)
        one_that_cannot_expire.append(Service.create_subscription(make_user(), plan, now=began).user_id)
        nowhere = f"{settings.SNS_TOPIC_ARN}-nowhere"
        with override_settings(SNS_TOPIC_ARN=nowhere, SES_FROM_ADDRESS="not-verified@example.net"):
            Service.sweep(now=now)
            make_user().groups.add(managed_groups().get())
            AccessAudit(now, unlimited).run()
            Notification.objects.filter(event__transition="created", channel=Channel.SES).update(
                state=State.UNKNOWN, due_at=now - MONTH, resends=SesChannel.maximum_resends
            )
            Delivery(unlimited).run()
        record_unexpected(MoneyReceived("stripe", "pi_1", Decimal(1), "EUR", now), now=now)
        with override_settings(PAYMENT_PROVIDER="tests.payments.bank.Bank"):
            process_payments(dict(SCHEDULED), Context())
        with pytest.raises(RefusedInvocation):
            lambda_handler({"raw_command": "pass"}, Context())

    return emit_all


def test_own_alarms_look_at_what_is_emitted_under_its_dimensions(
    own: list[Template], emit_all: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        emit_all()

    documents: list[Any] = [record.msg for record in caplog.records if record.name == "foundation.jobs.metrics"]
    directives = [document["_aws"]["CloudWatchMetrics"][0] for document in documents]
    assert len(own) == 9
    assert {metric["MetricName"] for metric in own} <= {
        metric["Name"] for directive in directives for metric in directive["Metrics"]
    }
    assert [metric["Namespace"] for metric in own] == [{"Ref": "MetricNamespace"}] * len(own)
    assert [metric["Dimensions"] for metric in own] == [DIMENSIONS] * len(own)
    for directive in directives:
        assert (directive["Namespace"], directive["Dimensions"]) == (settings.METRIC_NAMESPACE, [["Project", "Stage"]])
