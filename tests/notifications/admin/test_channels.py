"""Channels in the admin: status and resuming."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from notifications.channels import pauses
from notifications.models import Channel, ChannelStatus, PauseReason
from tests.support.factories import make_user
from tests.support.staff import choose, make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

LIST = "notifications_channelstatus"
VIEW = "notifications.view_channelstatus"
RESUME = "notifications.resume_channel"


@pytest.fixture
def paused() -> ChannelStatus:
    """Pause SES because of the account."""
    pauses.pause(ChannelStatus.objects.get(pk=Channel.SES), PauseReason.ACCOUNT, "SendingPausedException")
    return ChannelStatus.objects.get(pk=Channel.SES)


def resume(client: Client, *channels: str) -> list[str]:
    return messages(choose(client, LIST, "resume", channels))  # type: ignore[arg-type] # keys that are words


def test_list_says_why(paused: ChannelStatus) -> None:
    page = sign_in(make_staff(VIEW)).get(reverse(f"admin:{LIST}_changelist")).content.decode()
    assert "AWS has stopped the account&#x27;s sending" in page
    assert "SendingPausedException" in page


def test_resumed_channel_tries_at_once_and_the_log_says_who_resumed_it(paused: ChannelStatus) -> None:
    operator = make_staff(VIEW, RESUME)
    assert resume(sign_in(operator), "ses") == ["SES: the next delivery tries with one message."]
    status = ChannelStatus.objects.sending().get(pk=Channel.SES)
    assert (status.is_on_trial, status.failed_tries) == (True, 0)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (operator, "ses", "resumed")


def test_channel_that_sends_is_left_alone() -> None:
    assert resume(sign_in(make_staff(VIEW, RESUME)), "ses") == ["None of them is paused; nothing was done."]
    assert not LogEntry.objects.exists()


def test_resuming_needs_its_permission(paused: ChannelStatus) -> None:
    resume(sign_in(make_staff(VIEW)), "ses")
    assert ChannelStatus.objects.paused().count() == 1


def test_superuser_can_neither_add_nor_change_nor_delete(paused: ChannelStatus) -> None:
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    for view, arguments in (("change", ["ses"]), ("delete", ["ses"]), ("add", [])):
        assert client.post(reverse(f"admin:{LIST}_{view}", args=arguments), {"post": "yes"}).status_code == 403
