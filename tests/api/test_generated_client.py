"""A client generated from the API's description, on the real site."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.tokens import make_token
from foundation.api.scopes import all_scopes
from infra.local.site import Site
from subscriptions.models import Plan
from tests.api.generated_client import GeneratedClient, generate_client
from tests.api.test_description import DOCUMENT
from tests.support.factories import make_plan, make_user
from tests.support.traffic import Traffic

PERMISSIONS = (
    "add_subscription",
    "view_subscription",
    "change_subscription",
    "renew_subscription",
    "cancel_subscription_now",
    "view_subscriptionevent",
    "change_profile",
)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the generated package, which the generator wrote without a warning."""
    folder = tmp_path_factory.mktemp("client")
    assert generate_client(DOCUMENT, folder) == []
    return folder


@pytest.fixture
def subscriber(transactional_db: None) -> User:
    return make_user()


@pytest.fixture
def plan(transactional_db: None) -> Plan:
    return make_plan()


@pytest.fixture
def crm(generated: Path, site: Site, traffic: Traffic, monkeypatch: pytest.MonkeyPatch) -> Iterator[GeneratedClient]:
    """Yield the generated client of a service account."""
    monkeypatch.syspath_prepend(generated)
    service = make_user(username="crm")
    service.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS))
    scopes = [scope.name for scope in all_scopes()]
    client = GeneratedClient(site.url, make_token(service, 1, scopes=scopes)[1])
    yield client
    client.close()


def test_whole_life_of_a_subscription(crm: GeneratedClient, subscriber: User, plan: Plan) -> None:
    crm.call("users.users_update", str(subscriber.pk), body={"external_user_id": "crm-7"})
    known = {"plan": plan.pk, "external_user_id": "crm-7", "metadata": {"campaign": "autumn"}}
    made, again = (crm.call("subscriptions.subscriptions_create", body=known, idempotency_key="k") for _ in range(2))
    assert made == again
    assert (made.user_id, made.metadata["campaign"], made.live) == (subscriber.pk, "autumn", True)

    listed = crm.call("subscriptions.subscriptions_list", external_user_id="crm-7")
    assert listed.results == [made]
    cancelled = crm.call("subscriptions.subscriptions_cancel", made.id, body={"reason": "Moved away"})
    assert (cancelled.status, cancelled.live, cancelled.end_date) == ("cancelled", True, made.end_date)
    resumed = crm.call("subscriptions.subscriptions_reactivate", made.id)
    assert (resumed.status, resumed.cancelled_at) == ("active", None)
    renewed = crm.call("subscriptions.subscriptions_renew", made.id, body={"expected_price": "9.90"})
    assert renewed.end_date - made.end_date == made.end_date - made.start_date
    longer = crm.call("subscriptions.subscriptions_give_days", made.id, body={"days": 3, "reason": "Outage"})
    assert (longer.end_date - renewed.end_date).days == 3

    access = crm.call("users.users_access", "external:crm-7")
    assert (access.access, access.until, access.subscription) == (True, longer.end_date, longer)
    ended = crm.call("subscriptions.subscriptions_cancel", made.id, body={"when": "now"})
    assert (ended.status, ended.live) == ("expired", False)
    detail = crm.call("subscriptions.subscriptions_retrieve", made.id)
    assert detail.expired_at == ended.end_date
    assert [event.transition.value for event in detail.history] == [
        "expired",
        "renewed",
        "renewed",
        "reactivated",
        "cancelled",
        "created",
    ]


def test_events_come_page_by_page_in_their_order(crm: GeneratedClient, subscriber: User, plan: Plan) -> None:
    made = crm.call("subscriptions.subscriptions_create", body={"plan": plan.pk, "user": subscriber.pk})
    crm.call("subscriptions.subscriptions_cancel", made.id, body={})
    crm.call("subscriptions.subscriptions_reactivate", made.id)
    seen: list[Any] = []
    while page := crm.call("events.events_list", after=int(seen[-1].id) if seen else 0, page_size=2).results:
        seen += page
    assert [event["type"] for event in seen] == [
        f"subscription.{transition}.v1" for transition in ("created", "cancelled", "reactivated")
    ]


def test_caller_knows_itself_and_its_token(crm: GeneratedClient) -> None:
    me = crm.call("me.me")
    assert me.username == "crm"
    assert me.token.scopes == sorted(scope.name for scope in all_scopes())
