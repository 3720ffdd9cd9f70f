"""Prices with the minor units of their currencies, from form to mail."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from notifications.models import Notification
from notifications.ses.rendering import render_mail
from notifications.sns.cloud_events import render_event
from subscriptions.forms import PlanForm
from subscriptions.models import Plan, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.migrating import migrate, migrated_back
from tests.support.staff import make_staff

SHOWN = [
    ("JPY", "500", "500 JPY", "500 JPY"),
    ("KWD", "1.255", "1.255 KWD", "1,255 KWD"),
    ("EUR", "9.9", "9.90 EUR", "9,90 EUR"),
]


def plan_form(price: str, currency: str) -> PlanForm:
    return PlanForm({"name": "Monthly", "price": price, "currency": currency, "duration_days": 30})


@pytest.mark.django_db
@pytest.mark.parametrize(("price", "currency"), [("500", "JPY"), ("500.00", "JPY"), ("1.255", "KWD"), ("9.90", "EUR")])
def test_form_takes_minor_units(price: str, currency: str) -> None:
    form = plan_form(price, currency)
    assert form.is_valid(), form.errors
    form.save()
    assert Plan.objects.get().price == Decimal(price)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("price", "currency", "field"),
    [("500.50", "JPY", "price"), ("1.255", "EUR", "price"), ("1.2555", "KWD", "price"), ("5", "XYZ", "currency")],
)
def test_form_refuses_what_nobody_can_pay(price: str, currency: str, field: str) -> None:
    assert list(plan_form(price, currency).errors) == [field]
    with pytest.raises(ValidationError):
        Plan(name="Monthly", price=Decimal(price), currency=currency, duration_days=30).full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize(("price", "currency"), [("500.50", "JPY"), ("1.255", "EUR"), ("1.255", "JPY")])
def test_database_refuses_fractions_of_a_minor_unit(price: str, currency: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_plan(price=Decimal(price), currency=currency)


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "price", "english", "german"), SHOWN)
def test_price_is_shown_with_the_decimals_of_its_currency(
    currency: str, price: str, english: str, german: str, client: Client
) -> None:
    plan = make_plan(price=Decimal(price), currency=currency)
    user = make_user()
    client.force_login(user)
    assert english in text_of(client, reverse("subscribe", args=[plan.pk]), "en")
    subscribed = Service.create_subscription(user, plan, now=NOW)
    for page in (reverse("plans"), reverse("subscription", args=[subscribed.pk])):
        assert english in text_of(client, page, "en")
        assert german in text_of(client, page, "de")
    number = english.split(maxsplit=1)[0]
    assert client.get(f"/api/v1/plans/{plan.pk}").json()["price"] == number
    told = Notification.objects.get(channel="ses")
    assert f"{english}." in render_mail(told).text
    client.force_login(make_staff("subscriptions.view_plan"))
    assert number in client.get(reverse("admin:subscriptions_plan_changelist")).content.decode()


def text_of(client: Client, address: str, language: str) -> str:
    """Return the page's text with single spaces."""
    return " ".join(client.get(address, headers={"Accept-Language": language}).content.decode().split())


@pytest.mark.django_db
@pytest.mark.parametrize(("currency", "price", "told"), [("JPY", "500", "500.00"), ("KWD", "1.255", "1.255")])
def test_history_and_events_hold_what_was_sold(currency: str, price: str, told: str) -> None:
    Service.create_subscription(make_user(), make_plan(price=Decimal(price), currency=currency), now=NOW)
    event = SubscriptionEvent.objects.get()
    assert (event.price, event.currency) == (Decimal(price), currency)
    assert f'"price": "{told}"' in render_event(event, None)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_migration_keeps_history_rounds_plans_and_rewrites_no_table() -> None:
    with migrated_back([("subscriptions", "0008_sweep_unannounced")]) as apps:
        plan = apps.get_model("subscriptions", "Plan").objects.create(
            name="Monthly", price=Decimal("500.50"), currency="JPY", duration_days=30
        )
        owner = make_user()
        subscription = apps.get_model("subscriptions", "Subscription").objects.create(
            user_id=owner.pk, plan=plan, start_date=NOW, end_date=NOW + MONTH
        )
        apps.get_model("subscriptions", "SubscriptionEvent").objects.create(
            subscription=subscription,
            transition="created",
            occurred_at=NOW,
            new_end_date=NOW + MONTH,
            plan=plan,
            price=plan.price,
            currency="JPY",
        )
        before = file_of_the_history()
        migrate([("subscriptions", "0010_check_decimals_of_prices")])
        assert file_of_the_history() == before
        assert apps.get_model("subscriptions", "Plan").objects.get().price == 500
        assert apps.get_model("subscriptions", "SubscriptionEvent").objects.get().price == Decimal("500.50")


def file_of_the_history() -> object:
    """Return the file that PostgreSQL replaces when it rewrites a table."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_filenode('subscriptions_subscriptionevent')")
        return cursor.fetchone()
