"""Cancelling contracts without signing in: the same answer for anybody, and nothing ends without the link."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import resolve, reverse

from accounts.erasure import erase_user
from accounts.models import User
from foundation import clock
from notifications.models import Notification
from notifications.ses.rendering import render_mail
from payments.contract_cancellation import LIFETIME, link_of
from payments.models import CancellationRequest, Order
from payments.personal_data import Payments
from payments.retention import RULES
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import renewal_order
from tests.support.factories import make_plan, make_user
from tests.support.mailbox import link_to
from tests.support.work import work_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

ADDRESS = "ada@example.com"
PAGE = "cancel_contract"


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email=ADDRESS)


@pytest.fixture
def held(ada: User) -> Subscription:
    return Service.create_subscription(ada, make_plan(), now=clock.now() - timedelta(days=3))


def ask(client: Client, named: str = ADDRESS, **words: str) -> Any:
    return client.post(reverse(PAGE), {"named": named} | words)


def state_of(subscription: Subscription) -> str:
    subscription.refresh_from_db()
    return subscription.status


@pytest.mark.parametrize("named", [ADDRESS, "ADA@example.com", "ada"])
def test_contract_is_cancelled_by_the_link_and_only_on_post(client: Client, held: Subscription, named: str) -> None:
    answer = ask(client, named, contract="the monthly one", wish="at once, too dear")
    assert answer["Location"] == reverse("cancel_contract_sent")
    assert f"address or user name {named}" in client.get(answer["Location"]).content.decode()
    assert state_of(held) == "active"
    link = link_to(ADDRESS if named == "ada" else named)
    shown = client.get(link).content.decode()
    for part in ("the monthly one", "at once, too dear", "Monthly", held.end_date.isoformat()):
        assert part in shown
    assert state_of(held) == "active"

    for _click in range(2):
        assert client.post(link, {"contract": held.pk})["Location"] == link
    assert state_of(held) == "cancelled"
    done = client.get(link).content.decode()
    assert "Monthly is cancelled. Access ends on:" in done
    assert "We confirm the cancellation by e-mail." in done
    event = SubscriptionEvent.objects.get(transition="cancelled")
    assert event.actor == held.user
    assert "the monthly one; at once, too dear" in event.reason
    assert CancellationRequest.objects.get().confirmed_at is not None


@pytest.mark.parametrize("on_its_way", [True, False])
def test_late_contract_says_what_its_cancellation_ends_and_whether_a_payment_still_renews_it(
    client: Client, held: Subscription, on_its_way: bool
) -> None:
    order = renewal_order(held, clock.now())
    Order.objects.update(state="pending" if on_its_way else "needs_subscriber")
    ask(client)
    ends = clock.now() - timedelta(days=1)
    Subscription.objects.update(
        start_date=ends - timedelta(days=30), end_date=ends, grace_until=ends + timedelta(days=7)
    )
    shown = client.get(link_to(ADDRESS)).content.decode()
    assert "at once, because the payment is late" in shown
    assert ends.isoformat() not in shown
    assert ("A payment is on its way" in shown) is on_its_way
    assert order.subscription == held


@pytest.mark.parametrize("on_its_way", [True, False])
def test_cancelled_contract_says_whether_a_payment_still_renews_it(
    client: Client, held: Subscription, on_its_way: bool
) -> None:
    Service.cancel_subscription(held, now=clock.now())
    if on_its_way:
        renewal_order(held, clock.now())
        Order.objects.update(state="pending")
    ask(client)
    shown = client.get(link_to(ADDRESS)).content.decode()
    assert "Monthly is cancelled. Access ends on:" in shown
    assert ("A payment is on its way" in shown) is on_its_way


def test_cancellation_is_confirmed_by_a_mail_with_its_time_and_the_end_of_access(
    client: Client, held: Subscription
) -> None:
    ask(client)
    with time_machine.travel("2026-12-02T08:15:00Z", tick=False):
        Subscription.objects.update(end_date="2026-12-31T03:00:00Z", start_date="2026-12-01T03:00:00Z")
        client.post(link_of(CancellationRequest.objects.get()), {"contract": held.pk})
        sent = render_mail(Notification.objects.get(channel="ses", event__transition="cancelled"))
    for body in (sent.text, sent.html):
        assert "The cancellation was received on Dec. 2, 2026, 08:15 UTC." in body
        assert "Your subscription stays until Dec. 31, 2026, 03:00 UTC" in body


def test_cancellation_while_the_payment_is_late_is_confirmed_by_a_mail_too(client: Client, held: Subscription) -> None:
    ask(client)
    with time_machine.travel("2027-01-04T08:15:00Z", tick=False):
        Subscription.objects.update(
            start_date="2026-12-01T03:00:00Z", end_date="2026-12-31T03:00:00Z", grace_until="2027-01-07T03:00:00Z"
        )
        client.post(link_of(CancellationRequest.objects.get()), {"contract": held.pk})
        sent = render_mail(Notification.objects.get(channel="ses", event__transition="expired"))
    for body in (sent.text, sent.html):
        assert "You have cancelled Monthly." in body
        assert "We received the cancellation on Jan. 4, 2027, 08:15 UTC. Your access ended with it." in body


def test_request_says_and_costs_the_same_for_any_address_and_name(held: Subscription) -> None:
    make_user(username="off", email="off@example.com", is_active=False)
    make_user(username="none", email="")

    def texts(client: Client, named: str) -> list[str]:
        answer = ask(client, named)
        shown = client.get(reverse("cancel_contract_sent")).content.decode().replace(named, "")
        return [answer.headers["Location"], shown.partition("<main")[2].partition("<form")[0]]

    for group in ([ADDRESS, "off@example.com", "unknown@example.com"], ["ada", "none", "unknown"]):
        works = [work_of(partial(texts, named=named)) for named in group]
        first = (works[0].texts, works[0].statements, works[0].hashes)
        assert [(work.texts, work.statements, work.hashes) for work in works] == [first] * 3
        assert [len(work.mails) for work in works] == [1, 1, 1]


def test_nobody_gets_a_mail_who_has_no_account(client: Client, held: Subscription) -> None:
    for named in ("unknown@example.com", "unknown"):
        ask(client, named)
    assert mail.outbox == []


def test_owner_gets_three_mails_a_day_whoever_asks(held: Subscription) -> None:
    for named in (ADDRESS, "ada", "Ada@Example.com", ADDRESS, "ada"):
        ask(Client(), named)
    assert len(mail.outbox) == CancellationRequest.objects.count() == 3


def test_form_is_throttled_like_the_sign_in(client: Client, settings: LazySettings, held: Subscription) -> None:
    settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 2
    assert [ask(client, "x@example.com").status_code for _ in range(3)] == [302, 302, 429]


def test_what_is_not_chosen_and_what_is_not_theirs_goes_on(client: Client, held: Subscription, ada: User) -> None:
    other = Service.create_subscription(ada, make_plan(name="Other"), now=clock.now())
    foreign = Service.create_subscription(make_user(), make_plan(), now=clock.now())
    ask(client)
    client.post(link_to(ADDRESS), {"contract": [other.pk, foreign.pk, "x", "9" * 30]})
    assert [state_of(each) for each in (held, other, foreign)] == ["active", "cancelled", "active"]


def test_link_that_is_forged_expired_or_gone_cancels_nothing(client: Client, held: Subscription) -> None:
    ask(client)
    link = link_to(ADDRESS)
    forged = link.replace("/cancel-contracts/", "/cancel-contracts/x")
    assert client.post(forged, {"contract": held.pk}).status_code == 404
    with time_machine.travel(clock.now() + LIFETIME + timedelta(minutes=1)):
        assert client.post(link, {"contract": held.pk}).status_code == 410
    CancellationRequest.objects.all().delete()
    assert client.post(link, {"contract": held.pk}).status_code == 410
    assert state_of(held) == "active"


def test_link_is_an_address_of_the_site(client: Client, held: Subscription) -> None:
    ask(client)
    assert resolve(link_to(ADDRESS)).url_name == "confirm_contract_cancellation"


def test_every_page_links_to_the_form_where_subscribers_pay(client: Client, settings: LazySettings) -> None:
    for name in ("plans", "login", "password_reset"):
        assert reverse(PAGE) in client.get(reverse(name)).content.decode()
    settings.PAYMENT_PROVIDER = ""
    assert reverse(PAGE) not in client.get(reverse("plans")).content.decode()
    assert client.get(reverse(PAGE)).status_code == 404


def test_declarations_are_exported_erased_and_kept_for_90_days(client: Client, held: Subscription, ada: User) -> None:
    ask(client, contract="mine")
    assert Payments().export(ada)["cancellation_requests"][0]["contract"] == "mine"
    rule = next(rule for rule in RULES if rule.name == "cancellation_requests")
    made = CancellationRequest.objects.get().requested_at
    assert not rule.rows(made + timedelta(days=90)).exists()
    assert rule.rows(made + timedelta(days=90, seconds=1)).exists()
    erase_user(ada.pk, clock.now())
    assert not CancellationRequest.objects.exists()
