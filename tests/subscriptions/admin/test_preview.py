"""Read-only preview of a subscriber's list of subscriptions."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.profiles import profile_of
from foundation import clock
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

VIEW = "subscriptions.view_subscription"


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def ada(now: datetime) -> Any:
    """Create a subscriber who reads German, with a subscription in each state, one of them free."""
    ada = make_user()
    profile = profile_of(ada)
    profile.language, profile.time_zone = "de", "Asia/Tokyo"
    profile.save()
    for name, price in (("Active", "9.90"), ("Cancelled", "9.90"), ("Ended", "9.90"), ("Free", 0)):
        Service.create_subscription(ada, make_plan(name=name, price=price), now=now - timedelta(days=3))
    Service.cancel_subscription(Subscription.objects.get(plan__name="Cancelled"))
    Service.cancel_now(Subscription.objects.get(plan__name="Ended"))
    return ada


def preview_of(user: Any, operator: Client) -> Any:
    return operator.get(reverse("admin:preview_subscriptions", args=[user.pk]))


def listed(answer: Any) -> list[str]:
    """Return the words of the list of subscriptions, without tags."""
    (listing,) = re.findall(r'<ul class="subscriptions">(.*?)</ul>', answer.content.decode(), re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", listing)).split()


def test_operator_reads_what_the_subscriber_reads(ada: Any) -> None:
    operator = sign_in(make_staff(VIEW))
    shown = listed(preview_of(ada, operator))
    assert {"aktiv", "gekündigt", "abgelaufen"} <= {word.lower() for word in shown}
    assert "JST" in " ".join(shown)
    assert shown == listed(sign_in(ada).get(reverse("subscriptions")))


def test_preview_offers_nothing_to_do(ada: Any) -> None:
    text = preview_of(ada, sign_in(make_staff(VIEW))).content.decode()
    (section,) = re.findall(r"<section.*?</section>", text, re.DOTALL)
    assert 'lang="de"' in section
    assert not re.search(r"<(a|form|button|input)\b", section)
    assert "What " in text


def test_look_is_on_record_and_leaves_no_trace_of_the_subscriber(ada: Any) -> None:
    staff = make_staff(VIEW)
    operator = sign_in(staff)
    sessions, signed_in = Session.objects.count(), get_user_model().objects.get(pk=ada.pk).last_login
    preview_of(ada, operator)
    (entry,) = LogEntry.objects.all()
    assert (entry.user_id, entry.object_id) == (staff.pk, str(ada.pk))
    assert entry.change_message == "Looked at the preview of the subscriptions page."
    assert Session.objects.count() == sessions
    assert get_user_model().objects.get(pk=ada.pk).last_login == signed_in


def test_preview_is_for_those_who_may_see_subscriptions(ada: Any) -> None:
    assert preview_of(ada, sign_in(make_staff())).status_code == 403
    assert preview_of(ada, sign_in(ada)).status_code == 302
    assert not LogEntry.objects.exists()
    assert sign_in(make_staff(VIEW)).get(reverse("admin:preview_subscriptions", args=[0])).status_code == 404


def test_preview_of_a_newcomer_says_what_they_read() -> None:
    text = preview_of(make_user(), sign_in(make_staff(VIEW))).content.decode()
    assert "You have no subscriptions yet." in text
