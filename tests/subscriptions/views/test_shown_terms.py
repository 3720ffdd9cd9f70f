"""Buying, cancelling and resuming require the terms shown on the page."""

from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan

EDITS: list[dict[str, object]] = [{"price": "99.00"}, {"currency": "CHF"}, {"duration_days": 90}]


class HiddenFields(HTMLParser):
    """Parser of hidden form fields, except the CSRF token."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Record name and value of a hidden field."""
        names = dict(attributes)
        if tag == "input" and names.get("type") == "hidden":
            self.found[names["name"] or ""] = names["value"] or ""


def shown(page: Client, address: str) -> dict[str, str]:
    """Return the fields that the forms of the page send."""
    return HiddenFields(page.get(address).content.decode()).found


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


@pytest.fixture
def renewable(settings: LazySettings, subscription: Subscription) -> Subscription:
    """Create a paid subscription that its owner may renew."""
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    return subscription


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_plan_edited_since_the_page_is_not_sold_and_shown_again(page: Client, edit: dict[str, object]) -> None:
    plan = make_plan()
    address = reverse("subscribe", args=[plan.pk])
    fields = shown(page, address)
    Plan.objects.filter(pk=plan.pk).update(**edit)
    answer = page.post(address, fields)
    assert answer.status_code == 409
    assert "The terms have changed since you opened this page." in words(answer)
    assert "Previous " in words(answer)
    assert not Subscription.objects.exists()
    assert page.post(address, HiddenFields(answer.content.decode()).found).status_code == 302
    assert Subscription.objects.exists()


def test_page_shown_again_has_the_old_price_and_the_new_one(page: Client) -> None:
    plan = make_plan()
    address = reverse("subscribe", args=[plan.pk])
    fields = shown(page, address)
    Plan.objects.filter(pk=plan.pk).update(price="99.00", duration_days=30)
    text = words(page.post(address, fields))
    assert "Previous price: 9.90 EUR" in text
    assert "Subscribe for 99.00 EUR" in text
    assert "Length before" not in text


def test_page_shown_again_speaks_german(page: Client) -> None:
    plan = make_plan()
    address = reverse("subscribe", args=[plan.pk])
    fields = shown(page, address)
    Plan.objects.filter(pk=plan.pk).update(price="99.00")
    text = words(page.post(address, fields, headers={"Accept-Language": "de"}))
    assert "Die Bedingungen haben sich geändert, seit Sie diese Seite geöffnet haben." in text
    assert "Bisheriger Preis:" in text


def test_plan_withdrawn_since_the_page_is_refused(page: Client) -> None:
    plan = make_plan()
    address = reverse("subscribe", args=[plan.pk])
    fields = shown(page, address)
    Plan.objects.filter(pk=plan.pk).update(price="99.00", on_sale=False)
    answer = page.post(address, fields)
    assert answer.status_code == 409
    assert "no longer on sale" in words(answer)


@pytest.mark.parametrize("edit", EDITS, ids=str)
def test_renewal_on_other_terms_is_asked_about_again(
    page: Client, renewable: Subscription, edit: dict[str, object]
) -> None:
    address = reverse("renew_subscription", args=[renewable.pk])
    fields = shown(page, address)
    Plan.objects.filter(pk=renewable.plan_id).update(**edit)
    answer = page.post(address, fields)
    assert answer.status_code == 409
    assert "Previous " in words(answer)
    assert not SubscriptionEvent.objects.filter(transition="renewed").exists()
    page.post(address, HiddenFields(answer.content.decode()).found)
    assert SubscriptionEvent.objects.filter(transition="renewed").count() == 1


def test_free_plan_that_costs_something_since_the_page_is_not_renewed_by_its_owner(
    page: Client, free_subscription: Subscription
) -> None:
    address = reverse("renew_subscription", args=[free_subscription.pk])
    fields = shown(page, address)
    Plan.objects.update(price="9.90")
    assert page.post(address, fields).status_code == 403
    assert not SubscriptionEvent.objects.filter(transition="renewed").exists()


def test_cancellation_of_what_was_renewed_since_the_page_is_asked_about_again(
    page: Client, subscription: Subscription, now: datetime
) -> None:
    address = reverse("cancel_subscription", args=[subscription.pk])
    fields = shown(page, address)
    Service.renew_subscription(subscription, now=now)
    answer = page.post(address, fields | {"reason": "Moving away"})
    assert answer.status_code == 409
    assert "Previous end:" in words(answer)
    assert "Moving away" in words(answer)
    assert not SubscriptionEvent.objects.filter(transition="cancelled").exists()


@pytest.mark.parametrize("name", ["subscription", "reactivate_subscription"])
def test_resumption_of_what_was_renewed_since_the_page_is_asked_about_again(
    page: Client, subscription: Subscription, now: datetime, name: str
) -> None:
    Service.cancel_subscription(subscription, now=now)
    fields = shown(page, reverse(name, args=[subscription.pk]))
    Service.renew_subscription(subscription, now=now)
    Service.cancel_subscription(subscription, now=now)
    answer = page.post(reverse("reactivate_subscription", args=[subscription.pk]), fields)
    assert answer.status_code == 409
    assert "Previous end:" in words(answer)
    subscription.refresh_from_db()
    assert subscription.status == "cancelled"


@pytest.mark.parametrize(
    "unreadable", [{"price": "dear"}, {"price": "NaN"}, {"duration_days": "9" * 5000}, {"currency": "\0"}], ids=repr
)
def test_unreadable_terms_buy_nothing(page: Client, free: Plan, unreadable: dict[str, str]) -> None:
    answer = page.post(reverse("subscribe", args=[free.pk]), unreadable)
    assert answer.status_code == 200
    assert "Subscribe for free" in words(answer)
    assert not Subscription.objects.exists()
