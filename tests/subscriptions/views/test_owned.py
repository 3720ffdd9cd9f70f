"""Own subscriptions: shown, cancelled, resumed, renewed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, make_overlap, make_plan, make_user

PAGES = ["subscription", "cancel_subscription", "reactivate_subscription", "renew_subscription"]
MOVES = PAGES[1:]


def at(name: str, subscription: Subscription) -> str:
    return reverse(name, args=[subscription.pk])


def test_list_says_what_happens_then(page: Client, ada: User, subscription: Subscription, now: datetime) -> None:
    cancelled = Service.create_subscription(ada, make_plan(name="Yearly"), now=now)
    Service.cancel_subscription(cancelled, now=now)
    due = Service.create_subscription(ada, make_plan(name="Old"), now=now - 2 * MONTH)
    text = page.get(reverse("subscriptions")).content.decode()
    assert "unless we receive your payment and renew it." in text
    assert "Until then you can resume the subscription" in text
    assert "Your access ended on" in text
    assert due.status == "active"


def test_late_payment_is_said_with_the_day_on_which_access_ends(
    page: Client, subscription: Subscription, now: datetime
) -> None:
    end = subscription.end_date
    Service.grant_grace(subscription, end + timedelta(days=7), now=now)
    with time_machine.travel(end + timedelta(days=1)):
        page.force_login(subscription.user)  # the session of today has ended
        shown = page.get(at("subscription", subscription)).content.decode()
        asked = page.get(at("cancel_subscription", subscription)).content.decode()
        listed = page.get(reverse("subscriptions")).content.decode()

    day = date_format(end + timedelta(days=7), "DATE_FORMAT")
    assert f"Your payment is late. Access ends on {day}" in shown
    assert "payment late" in listed
    assert "Your access, at once" in asked
    assert "The option to resume" not in asked


def test_list_of_nobody_invites(page: Client) -> None:
    text = page.get(reverse("subscriptions")).content.decode()
    assert "You have no subscriptions yet." in text
    assert f'href="{reverse("plans")}"' in text


def test_list_is_paged_and_its_queries_do_not_grow(
    page: Client, ada: User, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(21):
        Service.create_subscription(ada, make_plan(name=f"Plan {number}"), now=now)
    with django_assert_num_queries(5):  # session, user, count, page, whether the address is suppressed
        first = page.get(reverse("subscriptions")).content.decode()
    assert "Plan 20" in first
    assert "Page 1 of 2" in first
    assert "Plan 0" in page.get(reverse("subscriptions"), {"page": "2"}).content.decode()


@pytest.mark.parametrize("number", ["0", "-1", "999999", "x", "", "9" * 5000, "\x00"])
def test_absurd_page_shows_one_that_is_there(page: Client, subscription: Subscription, number: str) -> None:
    answer = page.get(reverse("subscriptions"), {"page": number})
    assert answer.status_code == 200
    assert "Monthly" in answer.content.decode()


def test_history_tells_who_when_and_why(page: Client, ada: User, subscription: Subscription, now: datetime) -> None:
    Service.cancel_subscription(subscription, "<b>dear</b>", now=now, actor=ada)
    Service.reactivate_subscription(subscription, now=now, actor=make_user(username="operator"))
    text = page.get(at("subscription", subscription)).content.decode()
    assert "&lt;b&gt;dear&lt;/b&gt;" in text
    assert "by you" in text
    assert "by our staff" in text
    assert "operator" not in text


def test_history_is_paged_and_its_queries_do_not_grow(
    page: Client, subscription: Subscription, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(13):
        Service.cancel_subscription(subscription, now=now)
        Service.reactivate_subscription(subscription, now=now)
    with django_assert_num_queries(5):  # session, user, subscription, count, page
        text = page.get(at("subscription", subscription)).content.decode()
    assert "Page 1 of 2" in text
    assert "Created" not in text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", PAGES)
def test_another_users_subscription_is_404(page: Client, now: datetime, name: str, method: str) -> None:
    foreign = Service.create_subscription(make_user(), make_plan(), now=now)
    answer = getattr(page, method)(at(name, foreign))
    assert answer.status_code == (405 if (name, method) == ("subscription", "post") else 404)
    assert SubscriptionEvent.objects.count() == 1


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("number", [0, 2**63, 10**30])
def test_absurd_subscription_is_404(page: Client, name: str, number: int) -> None:
    assert page.get(reverse(name, args=[number])).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", MOVES)
def test_expired_session_leads_to_sign_in_and_back(
    client: Client, subscription: Subscription, name: str, method: str
) -> None:
    client.cookies["sessionid"] = "long-gone"
    answer = getattr(client, method)(at(name, subscription))
    assert answer.headers["Location"] == f"{reverse('login')}?next={at(name, subscription)}"
    assert SubscriptionEvent.objects.count() == 1


@pytest.mark.parametrize("name", [*PAGES, "subscriptions", "subscription_success", "subscription_cancelled"])
def test_get_changes_nothing_and_is_not_kept_by_the_browser(
    page: Client, ada: User, free_subscription: Subscription, name: str, now: datetime
) -> None:
    if name == "reactivate_subscription":
        Service.cancel_subscription(free_subscription, now=now)
    before = list(Subscription.objects.values()), SubscriptionEvent.objects.count()
    answer = page.get(at(name, free_subscription) if name in PAGES else reverse(name))
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert (list(Subscription.objects.values()), SubscriptionEvent.objects.count()) == before


def test_cancel_says_what_stays_and_keeps_the_reason(page: Client, ada: User, subscription: Subscription) -> None:
    assert "What you keep" in page.get(at("cancel_subscription", subscription)).content.decode()
    answer = page.post(at("cancel_subscription", subscription), {"reason": "Too\r\ndear"}, follow=True)
    assert answer.redirect_chain == [(reverse("subscription_cancelled"), 302)]
    assert "Monthly is cancelled" in answer.content.decode()
    event = SubscriptionEvent.objects.get(transition="cancelled")
    assert (event.reason, event.actor) == ("Too\ndear", ada)


def test_cancelling_again_is_done_already(page: Client, subscription: Subscription) -> None:
    for _ in range(2):
        answer = page.post(at("cancel_subscription", subscription))
        assert answer.headers["Location"] == reverse("subscription_cancelled")
    assert SubscriptionEvent.objects.filter(transition="cancelled").count() == 1


@pytest.mark.parametrize(
    ("reason", "complaint"),
    [("x" * 501, "at most 500 characters"), ("\x00", "Null characters are not allowed")],
    ids=["too long", "NUL"],
)
def test_bad_reason_is_an_error_on_the_form(
    page: Client, subscription: Subscription, reason: str, complaint: str
) -> None:
    text = page.post(at("cancel_subscription", subscription), {"reason": reason}).content.decode()
    assert complaint in text
    subscription.refresh_from_db()
    assert subscription.status == "active"


def test_line_ends_count_once_as_in_the_browser(page: Client, subscription: Subscription) -> None:
    page.post(at("cancel_subscription", subscription), {"reason": "x\r\n" * 250})
    assert len(SubscriptionEvent.objects.get(transition="cancelled").reason) == 499


def test_reactivate_takes_the_cancellation_back(page: Client, subscription: Subscription, now: datetime) -> None:
    Service.cancel_subscription(subscription, now=now)
    answer = page.post(at("reactivate_subscription", subscription), follow=True)
    assert "You have resumed Monthly." in answer.content.decode()
    subscription.refresh_from_db()
    assert subscription.status == "active"


def test_second_click_on_reactivate_finds_it_done(page: Client, subscription: Subscription, now: datetime) -> None:
    Service.cancel_subscription(subscription, now=now)
    for _ in range(2):
        assert page.post(at("reactivate_subscription", subscription)).status_code == 302
    assert SubscriptionEvent.objects.filter(transition="reactivated").count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["cancel_subscription", "reactivate_subscription"])
def test_ended_is_409_and_says_where_to_look(page: Client, ada: User, now: datetime, name: str, method: str) -> None:
    ended = Service.create_subscription(ada, make_plan(), now=now - 2 * MONTH)
    answer = getattr(page, method)(at(name, ended))
    assert answer.status_code == 409
    assert "The subscription has changed." in answer.content.decode()
    assert at("subscription", ended) in answer.content.decode()
    ended.refresh_from_db()
    assert ended.status == "active"


def test_reactivating_beside_another_active_one_is_409(page: Client, subscription: Subscription, now: datetime) -> None:
    Service.cancel_subscription(subscription, now=now)
    make_overlap(subscription, start_date=now, end_date=now + MONTH)
    answer = page.post(at("reactivate_subscription", subscription))
    assert answer.status_code == 409
    assert "You have another subscription to this plan." in answer.content.decode()


def seen_end(subscription: Subscription) -> dict[str, Any]:
    return {"end_date": subscription.end_date.isoformat()}


def test_owner_renews_what_is_free_once_for_the_end_they_saw(page: Client, free_subscription: Subscription) -> None:
    address, seen = at("renew_subscription", free_subscription), seen_end(free_subscription)
    assert seen["end_date"] in page.get(address).content.decode()
    assert "You have renewed Free trial." in page.post(address, seen, follow=True).content.decode()
    assert "Free trial has already been renewed" in page.post(address, seen, follow=True).content.decode()
    end = free_subscription.end_date + timedelta(days=14)
    free_subscription.refresh_from_db()
    assert free_subscription.end_date == end


@pytest.mark.parametrize("fields", [{}, {"end_date": ""}, {"end_date": "yesterday"}, {"end_date": "\x00"}])
def test_renewal_without_the_end_asks_again(
    page: Client, free_subscription: Subscription, fields: dict[str, str]
) -> None:
    answer = page.post(at("renew_subscription", free_subscription), fields)
    assert answer.status_code == 200
    assert seen_end(free_subscription)["end_date"] in answer.content.decode()
    assert not SubscriptionEvent.objects.filter(transition="renewed").exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_paid_plan_is_renewed_by_payment_and_not_by_its_owner(
    page: Client, subscription: Subscription, method: str
) -> None:
    answer = getattr(page, method)(at("renew_subscription", subscription), seen_end(subscription))
    assert answer.status_code == 403
    assert "when we receive your payment" in answer.content.decode()
    assert at("renew_subscription", subscription) not in page.get(at("subscription", subscription)).content.decode()
    assert not SubscriptionEvent.objects.filter(transition="renewed").exists()


def test_owner_renews_a_paid_plan_where_the_setting_says_so(
    page: Client, subscription: Subscription, settings: LazySettings
) -> None:
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    assert page.post(at("renew_subscription", subscription), seen_end(subscription)).status_code == 302
    assert SubscriptionEvent.objects.filter(transition="renewed").count() == 1


def test_free_plan_is_renewed_at_most_one_period_ahead(page: Client, free_subscription: Subscription) -> None:
    address = at("renew_subscription", free_subscription)
    page.post(address, seen_end(free_subscription))
    free_subscription.refresh_from_db()
    opens = free_subscription.end_date - timedelta(days=14)
    for answer in (page.get(address), page.post(address, seen_end(free_subscription))):
        assert answer.status_code == 409
        assert f'datetime="{opens.isoformat()}"' in answer.content.decode()
    assert SubscriptionEvent.objects.filter(transition="renewed").count() == 1


def test_renewal_is_not_offered_before_it_is_possible(
    page: Client, free_subscription: Subscription, now: datetime
) -> None:
    own = at("subscription", free_subscription)
    assert at("renew_subscription", free_subscription) in page.get(own).content.decode()
    Service.renew_subscription(free_subscription, now=now)
    text = " ".join(page.get(own).content.decode().split())
    assert at("renew_subscription", free_subscription) not in text
    opens = free_subscription.end_date - timedelta(days=14)
    assert f"You can do that from {date_format(opens, 'DATE_FORMAT')}, {opens:%H:%M} UTC." in text


def test_renewal_opens_when_one_period_is_left(page: Client, free_subscription: Subscription, now: datetime) -> None:
    Service.renew_subscription(free_subscription, now=now)
    with time_machine.travel(free_subscription.end_date - timedelta(days=14), tick=False):
        page.force_login(free_subscription.user)
        answer = page.post(at("renew_subscription", free_subscription), seen_end(free_subscription))
    assert answer.status_code == 302
    assert SubscriptionEvent.objects.filter(transition="renewed").count() == 2


def test_staff_renew_their_own_free_plan_without_limit(
    page: Client, ada: User, free_subscription: Subscription, now: datetime
) -> None:
    Service.renew_subscription(free_subscription, now=now)
    ada.is_staff = True
    ada.save()
    ada.user_permissions.add(Permission.objects.get(codename="renew_subscription"))
    assert page.post(at("renew_subscription", free_subscription), seen_end(free_subscription)).status_code == 302


def test_renewal_beyond_all_time_is_409(page: Client, subscription: Subscription, settings: LazySettings) -> None:
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    Subscription.objects.update(end_date=datetime.max.replace(tzinfo=subscription.end_date.tzinfo))
    subscription.refresh_from_db()
    answer = page.post(at("renew_subscription", subscription), seen_end(subscription))
    assert answer.status_code == 409
    assert "so far in the future" in answer.content.decode()


@pytest.mark.parametrize("name", ["subscription_success", "subscription_cancelled"])
def test_confirmation_without_anything_to_confirm(page: Client, name: str) -> None:
    assert "Nothing here yet" in page.get(reverse(name)).content.decode()
