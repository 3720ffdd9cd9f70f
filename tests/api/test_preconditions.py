"""Entity tags of single resources, and changes on condition of a state (RFC 9110, section 13)."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.profiles import profile_of
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db

CHANGES = {
    "plans": {"description": "Another one"},
    "subscriptions": {"metadata": {"campaign": "winter"}},
    "users": {"external_user_id": "crm-8"},
}

OTHERS = {
    "plans": {"description": "A third one"},
    "subscriptions": {"metadata": {}},
    "users": {"external_user_id": "crm-9"},
}


@pytest.fixture
def crm() -> Caller:
    """Return the client of a service account that may change everything."""
    caller = Caller(make_user(username="crm"))
    caller.user.user_permissions.set(Permission.objects.all())
    return caller


@pytest.fixture
def paths() -> dict[str, str]:
    """Create a plan, a subscription and a user, and return their paths."""
    ada, plan = make_user(), make_plan()
    return {
        "plans": f"plans/{plan.pk}",
        "subscriptions": f"subscriptions/{Service.create_subscription(ada, plan).pk}",
        "users": f"users/{ada.pk}",
    }


@pytest.fixture(params=list(CHANGES))
def kind(request: Any) -> str:
    return str(request.param)


def test_known_state_is_not_sent_again(crm: Caller, paths: dict[str, str], kind: str) -> None:
    first = crm.get(paths[kind])
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        again = crm.stating(If_None_Match=known).get(paths[kind])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    crm.patch(paths[kind], CHANGES[kind])
    assert crm.stating(If_None_Match=first["ETag"]).get(paths[kind]).status_code == 200


def test_change_in_the_state_that_was_seen_is_made(crm: Caller, paths: dict[str, str], kind: str) -> None:
    seen = crm.get(paths[kind])["ETag"]
    changed = crm.stating(If_Match=seen).patch(paths[kind], CHANGES[kind])
    assert changed.status_code == 200
    assert changed["ETag"] == crm.get(paths[kind])["ETag"] != seen
    assert crm.stating(If_Match=changed["ETag"]).patch(paths[kind], CHANGES[kind]).status_code == 200
    assert crm.stating(If_Match="*").patch(paths[kind], CHANGES[kind]).status_code == 200


def test_change_in_another_state_is_refused(crm: Caller, paths: dict[str, str], kind: str) -> None:
    seen = crm.get(paths[kind])["ETag"]
    crm.patch(paths[kind], CHANGES[kind])
    shown = crm.get(paths[kind]).json()
    for stale in (seen, '"other"', "unquoted", ""):
        refused = crm.stating(If_Match=stale).patch(paths[kind], OTHERS[kind])
        assert_problem(refused, 412)
        assert crm.get(paths[kind]).json() == shown


def test_plan_that_has_changed_is_not_deleted(crm: Caller) -> None:
    plan = make_plan()
    seen = crm.get(f"plans/{plan.pk}")["ETag"]
    changed = crm.patch(f"plans/{plan.pk}", {"reminder_days": [2]})["ETag"]
    assert_problem(crm.stating(If_Match=seen).delete(f"plans/{plan.pk}"), 412)
    assert crm.stating(If_Match=changed).delete(f"plans/{plan.pk}").status_code == 204
    assert not Plan.objects.exists()


def test_transition_and_foreign_profile_change_the_tag(crm: Caller, paths: dict[str, str]) -> None:
    before = {kind: crm.get(path)["ETag"] for kind, path in paths.items()}
    assert crm.post(f"{paths['subscriptions']}/cancel").status_code == 200
    profile = profile_of(make_user())
    profile.external_user_id = "crm-9"
    profile.save()
    after = {kind: crm.get(path)["ETag"] for kind, path in paths.items()}
    assert {kind for kind in paths if after[kind] != before[kind]} == {"subscriptions"}


def test_stranger_learns_nothing_by_a_condition(paths: dict[str, str]) -> None:
    stranger = Caller(make_user())
    for condition in ({"If_None_Match": "*"}, {"If_Match": "*"}):
        assert stranger.stating(**condition).get(paths["subscriptions"]).status_code == 404
        assert stranger.stating(**condition).get(paths["users"]).status_code == 404


def test_plan_has_one_tag_for_everybody(crm: Caller, paths: dict[str, str]) -> None:
    anonymous = Client().get(f"/api/v1/{paths['plans']}")
    assert anonymous["ETag"] == crm.get(paths["plans"])["ETag"]
    assert anonymous["Cache-Control"] == "public, max-age=60"
