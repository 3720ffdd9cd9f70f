"""Services that act for users: tokens with scopes, of accounts with permissions."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import transaction

from accounts.erasure import erase_user
from accounts.models import Profile
from accounts.profiles import profile_of
from foundation.api.scopes import all_scopes
from subscriptions.metadata import MOST_BYTES, MOST_KEYS
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Purchase
from tests.api.callers import Caller, assert_problem
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user
from tests.support.locks import in_thread, wait_until_blocked

pytestmark = pytest.mark.django_db

PERMISSIONS = (
    "add_subscription",
    "view_subscription",
    "change_subscription",
    "renew_subscription",
    "add_plan",
    "change_plan",
    "delete_plan",
    "change_profile",
)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    """Freeze the time one second after NOW."""
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        yield


@pytest.fixture
def crm() -> Caller:
    """Return the client of a service account with every scope."""
    caller = Caller(make_user(username="crm"))
    caller.user.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS))
    return caller


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def ids(response: Any) -> list[int]:
    """Return the ids on the page."""
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_service_subscribes_a_user_once_per_key(crm: Caller, owner: Caller, plan: Plan) -> None:
    wish = {"plan": plan.pk, "user": owner.user.pk, "external_id": "crm-1", "metadata": {"campaign": "autumn"}}
    first, again = (crm.post("subscriptions", wish, key="k") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    made = Subscription.objects.get()
    assert (made.user_id, made.external_id, made.metadata) == (owner.user.pk, "crm-1", {"campaign": "autumn"})
    assert made.events.get().actor_id == crm.user.pk
    assert has_access(owner.user)
    assert first.json()["user_id"] == owner.user.pk


@pytest.mark.parametrize("field", [{"user": 1}, {"external_id": "x"}, {"metadata": {}}], ids=str)
def test_subscriber_may_not_write_what_integrators_rely_on(field: dict[str, Any], owner: Caller, plan: Plan) -> None:
    if "user" in field:
        field = {"user": make_user().pk}
    body = assert_problem(owner.post("subscriptions", {"plan": plan.pk} | field), 403)
    assert body["type"] == "urn:subscriptions:problem:missing-permission"
    assert body["permission"] == "subscriptions.add_subscription"
    assert not Subscription.objects.exists()


def test_unknown_user_is_404(crm: Caller, plan: Plan) -> None:
    body = assert_problem(crm.post("subscriptions", {"plan": plan.pk, "user": 2**62}), 404)
    assert body["type"] == "urn:subscriptions:problem:unknown-user"


@pytest.mark.parametrize("user", [0, -1, 2**63, "x", "٣" * 70], ids=str)
def test_id_that_no_user_can_have_is_404(user: Any, crm: Caller, plan: Plan) -> None:
    body = assert_problem(crm.post("subscriptions", {"plan": plan.pk, "user": user}), 404)
    assert body["type"] == "urn:subscriptions:problem:unknown-user"


@pytest.mark.parametrize("user", [True, None, [], {}, 1.5], ids=str)
def test_user_of_another_type_is_400(user: Any, crm: Caller, plan: Plan) -> None:
    body = assert_problem(crm.post("subscriptions", {"plan": plan.pk, "user": user}), 400)
    assert body["errors"][0]["field"] == "user"


METADATA = {
    "too many keys": {f"k{number}": "" for number in range(MOST_KEYS + 1)},
    "too many bytes": {f"k{number}": "x" * 400 for number in range(MOST_BYTES // 400 + 1)},
    "a long text": {"k": "x" * 501},
    "a number": {"k": 1},
    "null": {"k": None},
    "an object": {"k": {}},
    "a long key": {"k" * 41: ""},
    "a key of spaces": {"a b": ""},
    "an empty key": {"": ""},
    "NUL": {"k": "\0"},
    "half a character": {"k": "\ud800"},
    "a list": [],
    "a text": "k",
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA.keys())
def test_metadata_beyond_the_bounds_is_400_and_named(metadata: Any, crm: Caller, plan: Plan) -> None:
    body = assert_problem(crm.post("subscriptions", {"plan": plan.pk, "metadata": metadata}), 400)
    assert body["errors"][0]["field"] == "metadata"
    assert not Subscription.objects.exists()


def test_external_id_beyond_the_bounds_is_400(crm: Caller, plan: Plan) -> None:
    for external_id in ("x" * 201, "\0", 7, None):
        body = assert_problem(crm.post("subscriptions", {"plan": plan.pk, "external_id": external_id}), 400)
        assert body["errors"][0]["field"] == "external_id"


def test_metadata_are_replaced_without_an_event(crm: Caller, owner: Caller, plan: Plan) -> None:
    made = Service.create_subscription(owner.user, plan, now=NOW, metadata={"a": "1"}, external_id="one")
    body = crm.patch(f"subscriptions/{made.pk}", {"metadata": {"b": "2"}}).json()
    assert (body["external_id"], body["metadata"]) == ("one", {"b": "2"})
    assert owner.get(f"subscriptions/{made.pk}").json()["metadata"] == {"b": "2"}
    assert SubscriptionEvent.objects.count() == 1
    assert_problem(owner.patch(f"subscriptions/{made.pk}", {"metadata": {}}), 403)


def test_service_lists_and_filters_all_subscriptions(crm: Caller, owner: Caller, stranger: Caller, plan: Plan) -> None:
    hers = Service.create_subscription(owner.user, plan, now=NOW, external_id="one", metadata={"a": "1"})
    his = Service.create_subscription(stranger.user, make_plan(), now=NOW + timedelta(seconds=1), external_id="two")
    end = hers.end_date.isoformat().replace("+00:00", "Z")
    queries: list[tuple[dict[str, Any], list[int]]] = [
        ({"user": "all"}, [his.pk, hers.pk]),
        ({"user": owner.user.pk}, [hers.pk]),
        ({"user": "all", "plan": plan.pk}, [hers.pk]),
        ({"user": "all", "status": "cancelled"}, []),
        ({"user": "all", "external_id": "two"}, [his.pk]),
        ({"user": "all", "external_id": "none"}, []),
        ({"user": owner.user.pk, "metadata": "a:1"}, [hers.pk]),
        ({"user": owner.user.pk, "metadata": "a:2"}, []),
        ({"user": "all", "ends_after": end}, [his.pk, hers.pk]),
        ({"user": "all", "ends_before": end}, []),
        ({"user": 2**62}, []),
        ({}, []),
    ]
    assert [ids(crm.get("subscriptions", query)) for query, _expected in queries] == [each for _query, each in queries]


def test_subscriber_lists_nobody_elses(owner: Caller, stranger: Caller) -> None:
    for user in ("all", str(stranger.user.pk)):
        body = assert_problem(owner.get("subscriptions", {"user": user}), 403)
        assert body["permission"] == "subscriptions.view_subscription"
    assert owner.get("subscriptions", {"user": owner.user.pk}).status_code == 200


def test_everybodys_metadata_are_not_searched(crm: Caller) -> None:
    assert_problem(crm.get("subscriptions", {"user": "all", "metadata": "a:1"}), 400)


def test_service_gives_days(crm: Caller, owner: Caller, plan: Plan) -> None:
    made = Service.create_subscription(owner.user, plan, now=NOW)
    wish = {"days": 14, "reason": "Outage", "expected_end_date": made.end_date.isoformat()}
    assert crm.post(f"subscriptions/{made.pk}/days", wish).status_code == 200
    made.refresh_from_db()
    assert made.end_date == NOW + MONTH + timedelta(days=14)
    assert assert_problem(crm.post(f"subscriptions/{made.pk}/days", wish), 409)["type"].endswith("changed-meanwhile")
    assert_problem(owner.post(f"subscriptions/{made.pk}/days", {"days": 1}), 403)


@pytest.mark.parametrize("days", [0, -1, 36_526, "1", None, 1.5, True], ids=str)
def test_impossible_days_are_400(days: Any, crm: Caller, owner: Caller, plan: Plan) -> None:
    made = Service.create_subscription(owner.user, plan, now=NOW)
    assert_problem(crm.post(f"subscriptions/{made.pk}/days", {"days": days}), 400)


def test_instants_of_a_life(crm: Caller, owner: Caller, plan: Plan) -> None:
    made = Service.create_subscription(owner.user, plan, now=NOW)

    def told() -> list[Any]:
        body = crm.get(f"subscriptions/{made.pk}").json()
        return [body[name] for name in ("created_at", "cancelled_at", "expired_at")]

    hours = [NOW + timedelta(hours=number) for number in range(6)]
    texts = [hour.isoformat().replace("+00:00", "Z") for hour in hours]
    assert told() == [texts[0], None, None]
    Service.cancel_subscription(made, now=hours[1])
    assert told() == [texts[0], texts[1], None]
    Service.give_days(made, 1, now=hours[1])
    assert told() == [texts[0], texts[1], None]
    Service.reactivate_subscription(made, now=hours[2])
    assert told() == [texts[0], None, None]
    Service.cancel_subscription(made, now=hours[3])
    Service.cancel_now(made, now=hours[4])
    assert told() == [texts[0], texts[3], texts[4]]
    Service.renew_subscription(made, now=hours[5])
    assert told() == [texts[0], None, None]


def test_access_says_whether_until_when_and_why(crm: Caller, owner: Caller, plan: Plan) -> None:
    path = f"users/{owner.user.pk}/access"

    def told(query: dict[str, Any] | None = None) -> tuple[Any, ...]:
        body = crm.get(path, query).json()
        return body["access"], body["until"], body["reason"], (body["subscription"] or {}).get("id")

    assert told() == (False, None, "none", None)
    made = Service.create_subscription(owner.user, plan, now=NOW)
    until = made.end_date.isoformat().replace("+00:00", "Z")
    assert told() == (True, until, "live", made.pk)
    assert told({"plan": make_plan().pk}) == (False, None, "none", None)
    with time_machine.travel(made.end_date, tick=False):
        assert told() == (False, until, "ended", made.pk)
    owner.user.is_active = False
    owner.user.save()
    assert told() == (False, until, "deactivated", made.pk)


def test_access_in_grace_lasts_until_its_end(crm: Caller, owner: Caller, plan: Plan) -> None:
    end = Service.create_subscription(owner.user, plan, now=NOW).end_date
    Service.grant_grace(Subscription.objects.get(), end + timedelta(days=7), now=end - timedelta(days=1))
    with time_machine.travel(end + timedelta(days=1), tick=False):
        told = crm.get(f"users/{owner.user.pk}/access").json()
    assert (told["access"], told["reason"]) == (True, "live")
    assert told["until"] == (end + timedelta(days=7)).isoformat().replace("+00:00", "Z")


def test_access_of_others_is_404_without_the_permission(owner: Caller, stranger: Caller, crm: Caller) -> None:
    assert owner.get(f"users/{owner.user.pk}/access").status_code == 200
    told = [assert_problem(owner.get(f"users/{key}/access"), 404) for key in (stranger.user.pk, 2**62, "x", "%00")]
    assert all(body == told[0] for body in told)
    assert_problem(crm.get("users/x/access"), 404)


def test_me_tells_user_and_token(crm: Caller, owner: Caller) -> None:
    body = crm.get("me").json()
    assert (body["id"], body["username"], body["token"]["scopes"]) == (
        crm.user.pk,
        "crm",
        sorted(scope.name for scope in all_scopes()),
    )
    assert "subscriptions:read" in owner.get("me").json()["token"]["scopes"]


def test_plans_are_created_changed_and_deleted(crm: Caller, anonymous: Caller) -> None:
    created = crm.post("plans", {"name": "Yearly", "price": "99.00", "duration_months": 12})
    assert created.status_code == 201
    made = Plan.objects.get()
    assert created["Location"].endswith(f"/api/v1/plans/{made.pk}")
    assert "public" not in created["Cache-Control"]
    changed = crm.patch(f"plans/{made.pk}", {"price": "89.90", "on_sale": False})
    assert (changed.json()["price"], changed.json()["on_sale"]) == ("89.90", False)
    assert "public" not in changed["Cache-Control"]
    assert_problem(anonymous.get(f"plans/{made.pk}"), 404)
    assert crm.delete(f"plans/{made.pk}").status_code == 204
    assert not Plan.objects.exists()


def test_plan_that_is_subscribed_to_is_not_deleted(crm: Caller, owner: Caller, plan: Plan) -> None:
    Service.create_subscription(owner.user, plan, now=NOW)
    body = assert_problem(crm.delete(f"plans/{plan.pk}"), 409)
    assert body["type"] == "urn:subscriptions:problem:plan-in-use"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"price": "1.001", "duration_days": 1}, "price"),
        ({"price": "1.50", "currency": "JPY", "duration_days": 1}, "price"),
        ({"price": "1", "currency": "XXX", "duration_days": 1}, "currency"),
        ({"price": "1", "duration_days": 0}, "duration_days"),
        ({"price": "1"}, "duration_days"),
        ({"price": "1", "duration_days": 7, "reminder_days": [7]}, "reminder_days"),
        ({"price": "1", "duration_days": 7, "reminder_days": [1, 1]}, "reminder_days"),
        ({"price": 1, "duration_days": 7}, "price"),
        ({"price": "1", "duration_days": 7, "id": 1}, "id"),
    ],
    ids=str,
)
def test_plan_that_the_admin_would_refuse_is_400(wish: dict[str, Any], field: str, crm: Caller) -> None:
    body = assert_problem(crm.post("plans", {"name": "Plan"} | wish), 400)
    assert field in [error["field"].partition(".")[0] for error in body["errors"]]
    assert not Plan.objects.exists()


def test_limits_are_told(crm: Caller, owner: Caller, plan: Plan) -> None:
    response = crm.post("subscriptions", {"plan": plan.pk})
    assert response["RateLimit-Policy"] == '"user";q=30;w=60, "address";q=300;w=60'
    assert response["RateLimit"] == '"user";r=29;t=59, "address";r=299;t=59'
    assert "RateLimit" not in crm.get("subscriptions")


def test_service_knows_a_user_by_an_id_of_its_own(crm: Caller, owner: Caller, stranger: Caller, plan: Plan) -> None:
    known = crm.patch(f"users/{owner.user.pk}", {"external_user_id": "crm-7"})
    assert known.json() == {"id": owner.user.pk, "external_user_id": "crm-7"}
    assert owner.get("me").json()["external_user_id"] == "crm-7"
    made = crm.post("subscriptions", {"plan": plan.pk, "external_user_id": "crm-7"}).json()
    assert made["user_id"] == owner.user.pk
    assert ids(crm.get("subscriptions", {"external_user_id": "crm-7"})) == [made["id"]]
    assert crm.get("users/external:crm-7/access").json()["access"]
    taken = assert_problem(crm.patch(f"users/{stranger.user.pk}", {"external_user_id": "crm-7"}), 409)
    assert taken["type"] == "urn:subscriptions:problem:external-user-id-taken"
    assert crm.patch("users/external:crm-7", {"external_user_id": None}).json()["external_user_id"] is None
    assert_problem(crm.get("users/external:crm-7"), 404)


def test_service_can_give_nothing_to_an_erased_user_who_would_be_known_again(
    crm: Caller, owner: Caller, plan: Plan
) -> None:
    erase_user(owner.user.pk, NOW)
    address = f"users/{owner.user.pk}"
    answers = [
        crm.patch(address, {"external_user_id": "crm-7"}),
        crm.post("subscriptions", {"plan": plan.pk, "user": owner.user.pk, "metadata": {"name": "Ada"}}),
        crm.get(f"{address}/access"),
    ]
    for answer in answers:
        assert_problem(answer, 404)
    assert not Subscription.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("condition", [{}, {"If_Match": "*"}])
def test_id_that_waits_for_the_erasure_is_refused(crm: Caller, owner: Caller, condition: dict[str, str]) -> None:
    profile_of(owner.user)
    answers: list[Any] = []

    def name_user() -> None:
        answers.append(crm.stating(**condition).patch(f"users/{owner.user.pk}", {"external_user_id": "crm-7"}))

    with transaction.atomic():
        erase_user(owner.user.pk, NOW)
        service = in_thread(name_user)
        wait_until_blocked()
    service.join()
    assert_problem(answers[0], 404)
    assert not Profile.objects.filter(external_user_id="crm-7").exists()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/renew", {}),
        ("post", "/days", {"days": 3, "reason": "gift"}),
        ("post", "/change-plan", {"when": "now"}),
        ("patch", "", {"metadata": {"name": "Ada"}}),
        ("patch", "", {"external_id": "crm-7"}),
    ],
)
def test_service_adds_nothing_to_what_an_erased_user_has_left(
    crm: Caller, owner: Caller, plan: Plan, method: str, path: str, body: dict[str, Any]
) -> None:
    crm.user.user_permissions.add(Permission.objects.get(codename="change_plan_at_once"))
    erase_user(owner.user.pk, NOW)
    held = Service.create_subscription(owner.user, plan, bought=Purchase.of(plan))  # its money arrived after that
    wish = body | ({"plan": make_plan(name="Yearly").pk} if path == "/change-plan" else {})
    before = Subscription.objects.values().get()
    answer = getattr(crm, method)(f"subscriptions/{held.pk}{path}", wish)
    assert assert_problem(answer, 404)["type"] == "urn:subscriptions:problem:unknown-user"
    assert Subscription.objects.values().get() == before


def test_filters_by_both_names_of_a_user_find_what_fits_both(
    crm: Caller, owner: Caller, stranger: Caller, plan: Plan
) -> None:
    crm.patch(f"users/{owner.user.pk}", {"external_user_id": "crm-7"})
    mine = Service.create_subscription(owner.user, plan)
    Service.create_subscription(stranger.user, plan)
    for user, found in (("all", [mine.pk]), (owner.user.pk, [mine.pk]), (stranger.user.pk, []), (0, [])):
        assert ids(crm.get("subscriptions", {"external_user_id": "crm-7", "user": user})) == found
    assert ids(crm.get("subscriptions", {"user": 0})) == []
    assert_problem(owner.get("subscriptions", {"user": 0}), 403)


def test_unknown_external_user_is_404_and_two_names_are_400(crm: Caller, owner: Caller, plan: Plan) -> None:
    wish = {"plan": plan.pk, "external_user_id": "nobody"}
    body = assert_problem(crm.post("subscriptions", wish), 404)
    assert body["type"] == "urn:subscriptions:problem:unknown-user"
    assert_problem(crm.post("subscriptions", wish | {"user": owner.user.pk}), 400)
    assert ids(crm.get("subscriptions", {"external_user_id": "nobody"})) == []
    assert_problem(owner.get("subscriptions", {"external_user_id": "x"}), 403)
    assert_problem(owner.post("subscriptions", wish), 403)
