"""SES account limits, requested by the real client with AWS's documented responses."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.stub import Stubber
from django.conf import LazySettings

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.aws import clients
from notifications.models import Channel, ChannelStatus, database_time
from notifications.outbox import send_rate
from notifications.ses import account
from notifications.ses.account import SesAccount
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def stubber(aws: LocalAWS) -> Iterator[Stubber]:
    """Yield a stubber with ordered responses; one call too many or too few fails the test."""
    with Stubber(clients.ses()) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def mail() -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)


def answer(*, rate: float = 14, daily: float = 50_000, sent: float = 3, enabled: bool = True) -> dict[str, object]:
    quota = {"MaxSendRate": rate, "Max24HourSend": daily, "SentLast24Hours": sent}
    return {"SendQuota": quota, "SendingEnabled": enabled, "ProductionAccessEnabled": True}


def ses() -> ChannelStatus:
    return ChannelStatus.objects.with_time().get(pk=Channel.SES)


def rate() -> float:
    status = ses()
    return send_rate.current_rate(status, status.read_at)


def test_rate_is_the_accounts(stubber: Stubber, mail: None) -> None:
    stubber.add_response("get_account", answer(rate=1), {})
    account.refresh()
    assert rate() == 1


def test_account_is_asked_every_ten_minutes_at_most(stubber: Stubber, mail: None) -> None:
    stubber.add_response("get_account", answer(rate=1), {})
    account.refresh()
    account.refresh()
    ChannelStatus.objects.update(account_asked_at=database_time(-timedelta(minutes=11)))
    stubber.add_response("get_account", answer(rate=50), {})
    account.refresh()
    assert rate() == 50


def test_account_is_not_asked_where_nothing_is_to_be_sent(stubber: Stubber) -> None:
    account.refresh()
    assert ses().account_asked_at is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "TooManyRequestsException", "InternalFailure"])
def test_configured_rate_holds_where_the_account_cannot_be_asked(
    stubber: Stubber, mail: None, settings: LazySettings, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SES_SEND_RATE = 5.0
    stubber.add_client_error("get_account", code)
    account.refresh()
    assert rate() == 5.0
    assert caplog.records[-1].__dict__["error"] == code
    assert ChannelStatus.objects.paused().count() == 0, "asking and sending are different permissions"


def test_answer_without_figures_is_none(stubber: Stubber) -> None:
    stubber.add_response("get_account", {"SendingEnabled": True}, {})
    assert account.ask() is None


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        (SesAccount(14, 200, 199, is_enabled=True), None),
        (SesAccount(14, 200, 200, is_enabled=True), "quota"),
        (SesAccount(14, -1, 10**9, is_enabled=True), None),
        (SesAccount(14, 200, 0, is_enabled=False), "account"),
    ],
)
def test_account_says_whether_anything_can_be_sent(account: SesAccount, reason: str | None) -> None:
    assert account.pause == reason


def test_channel_is_paused_before_a_mail_is_refused(stubber: Stubber, mail: None) -> None:
    stubber.add_response("get_account", answer(enabled=False), {})
    account.refresh()
    paused = ChannelStatus.objects.paused().get()
    assert (paused.channel, paused.pause_reason, paused.pause_error) == ("ses", "account", "GetAccount")


def test_local_aws_answers(aws: LocalAWS, mail: None) -> None:
    account.refresh()
    assert rate() >= 100
