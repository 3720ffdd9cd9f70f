"""Mails without an event in a user's export and erasure."""

from typing import Any

import pytest
from django.core.mail import send_mail
from django.db import transaction

from config import settings as config_settings
from foundation import registries
from foundation.email_addresses import address_of
from foundation.mail import AccountMail
from foundation.personal_data import Erasure
from notifications.models import Notification, State
from notifications.personal_data import NotificationData
from tests.support.factories import NOW, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND = config_settings.EMAIL_BACKEND
    monkeypatch.setattr(registries.MAIL_KINDS, "_paths", {"tests.support.account_mails.KINDS": None})


def test_erasure_empties_the_users_mails_and_redacts_others() -> None:
    user, address = make_user(), "grace.hopper@example.com"
    AccountMail("enter", "former@example.com", str(user.pk)).send()
    send_mail("Hello grace.hopper@example.com", "Private", None, ["Grace.Hopper@Example.com"])
    send_mail("Report", "New: Grace.Hopper@example.com", None, ["team@example.com"])
    send_mail("Unrelated", "Nothing", None, ["other@example.com"])
    Notification.objects.filter(stored_text="Private").update(state=State.SENT, finished_at=NOW)

    assert {row["kind"] for row in NotificationData().export(user)["notifications"]} == {"enter"}
    with transaction.atomic():
        NotificationData().erase(Erasure(user, "erased-7", [address], [], NOW))

    stored = str(list(Notification.objects.values()))
    for gone in ("former@", "hopper", "Hopper", "Private"):
        assert gone not in stored
    assert list(Notification.objects.order_by("pk").values_list("address", "state", "stored_text")) == [
        ("erased-7@erased.invalid", "obsolete", ""),
        ("erased-7@erased.invalid", "sent", ""),
        ("team@example.com", "pending", "New: erased-7"),
        ("other@example.com", "pending", "Nothing"),
    ]


def test_export_holds_the_mails_to_the_users_address() -> None:
    user = make_user()
    send_mail("Report", "Ready", None, [address_of(user)])
    [exported] = NotificationData().export(user)["notifications"]
    assert (exported["kind"], exported["subject"], exported["text"]) == ("message", "Report", "Ready")
    assert exported["subscription"] is None
