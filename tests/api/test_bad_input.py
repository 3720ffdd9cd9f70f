"""Invalid input is answered with 4xx in the documented shape, and changes nothing."""

import json
from typing import Any

import pytest
from django.test import Client

from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db

BODIES = {
    "nothing": b" ",
    "half an object": b'{"plan": ',
    "trailing comma": b'{"plan": 1,}',
    "not a number": b'{"plan": NaN}',
    "a list": b"[1]",
    "a text": b'"plan"',
    "null": b"null",
    "null for the plan": b'{"plan": null}',
    "a text for the plan": b'{"plan": "1"}',
    "true for the plan": b'{"plan": true}',
    "a fraction": b'{"plan": 1.5}',
    "a number without end": b'{"plan": 1e999}',
    "a whole number without end": b'{"plan": 1e99}',
    "an object for the plan": b'{"plan": {"id": 1}}',
    "zero": b'{"plan": 0}',
    "beyond 64 bits": b'{"plan": 9223372036854775808}',
    "too many digits": b'{"plan": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"plan": "\xff"}',
    "UTF-16": '{"plan": 1}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"plan": 1}',
    "too deep": b"[" * 30_000 + b"]" * 30_000,
    "an unknown field": b'{"plan": 1, "price": 0}',
    "a field of half a character": b'{"plan": 1, "\\ud800": 0}',
    "a field of NUL": b'{"plan": 1, "\\u0000": 0}',
}


@pytest.fixture(autouse=True)
def plan_one() -> Plan:
    """Create the only plan, with the number in the request bodies; PostgreSQL would number a second one differently."""
    return make_plan(pk=1)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_malformed_body_is_400(body: bytes, owner: Caller) -> None:
    assert_problem(owner.post_raw("subscriptions", body), 400)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("charset", ["utf-16", "zlib", "rot13", "hex", "no-such-thing", '"'])
def test_charset_of_the_media_type_has_no_say(charset: str, owner: Caller) -> None:
    response = owner.post_raw("subscriptions", b'{"plan": 1}', f"application/json; charset={charset}")
    assert response.status_code == 201


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "nonsense"],
)
def test_other_media_type_is_415(content_type: str, owner: Caller) -> None:
    assert_problem(owner.post_raw("subscriptions", b"plan=1", content_type), 415)


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_huge_body_is_413(content_type: str, owner: Caller) -> None:
    body = json.dumps({"plan": 1, "note": "x" * 70_000}).encode()
    response = owner.post_raw("subscriptions", body, content_type)
    assert_problem(response, 413 if content_type == "application/json" else 415)
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("body", [b"a=1", b"a=" + b"x" * 70_000, b"&".join(b"a=1" for _ in range(2_000))])
def test_form_from_a_browser_is_415(body: bytes, owner: Caller) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner.user)
    browser.cookies["csrftoken"] = "a" * 32
    assert_problem(browser.post("/api/v1/subscriptions", body, "application/x-www-form-urlencoded"), 415)


REASONS = {
    "a number": 7,
    "null": None,
    "a list": ["too dear"],
    "too long": "x" * 501,
    "NUL": "too\0dear",
    "half a character": "\ud800",
}


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS.keys())
def test_unusable_reason_is_400(reason: Any, owner: Caller, plan_one: Plan) -> None:
    subscription = Service.create_subscription(owner.user, plan_one)
    body = json.dumps({"reason": reason}).encode()
    problem = assert_problem(owner.post_raw(f"subscriptions/{subscription.pk}/cancel", body), 400)
    assert problem["errors"][0]["field"] == "reason"
    assert SubscriptionEvent.objects.count() == 1


@pytest.mark.parametrize("when", ["tomorrow", "", None, "\ud800", ["now"], {}])
def test_unknown_moment_is_400(when: Any, staff: Caller, owner: Caller, plan_one: Plan) -> None:
    subscription = Service.create_subscription(owner.user, plan_one)
    body = json.dumps({"when": when}).encode()
    assert_problem(staff.post_raw(f"subscriptions/{subscription.pk}/cancel", body), 400)


QUERIES = [
    "page_size=0",
    "page_size=-1",
    "page_size=101",
    "page_size=x",
    "page_size=",
    "page_size=" + "9" * 5000,
    "cursor=",
    "cursor=%00",
    "cursor=%ff",
    "cursor=%F0%9F%98%80",
    "cursor=" + "x" * 501,
    "status=gone",
    "status=%00",
    "status=",
    "plan=x",
    "plan=0",
    "plan=9223372036854775808",
    "plan=1%00",
    "live=maybe",
    "live=1",
    "ordering=user__password",
    "ordering=-",
    "statsu=active",
    "user=%00",
    "ends_before=tomorrow",
    "metadata=x",
    "external_id=",
]


@pytest.mark.parametrize("query", QUERIES, ids=[query[:30] for query in QUERIES])
def test_absurd_query_is_400(query: str, owner: Caller) -> None:
    body = assert_problem(owner.get(f"subscriptions?{query}"), 400)
    assert body["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.parametrize("address", ["plans", "subscriptions", "notifications"])
@pytest.mark.parametrize("cursor", ["x", "0", "W2ZhbHNlLDEsMV0:1vXXXX:forged", "::"])
def test_cursor_that_was_not_given_out_is_404(cursor: str, address: str, owner: Caller) -> None:
    assert_problem(owner.get(f"{address}?cursor={cursor}"), 404)


@pytest.mark.parametrize("address", ["plans", "notifications"])
def test_absurd_page_of_the_other_lists_is_400(address: str, owner: Caller) -> None:
    for query in ("page_size=0", "cursor=", "page=2"):
        assert_problem(owner.get(f"{address}?{query}"), 400)


@pytest.mark.parametrize(
    "key", ["0", "9223372036854775808", "9" * 5000, "-1", "x", "1.0", "%00", "%ff", "1%2F2", "%F0%9F%98%80"]
)
def test_absurd_id_is_404(key: str, owner: Caller) -> None:
    for path in (f"plans/{key}", f"subscriptions/{key}"):
        assert_problem(owner.get(path), 404)
    for move in ("cancel", "reactivate", "renew"):
        assert_problem(owner.post(f"subscriptions/{key}/{move}"), 404)


@pytest.mark.parametrize("address", ["/api/v2/plans", "/api/v1/", "/api/v1/plans/", "/api/v1/plans/1/x", "/api/x"])
def test_unknown_address_is_404_in_the_one_shape(address: str, anonymous: Caller) -> None:
    assert_problem(anonymous.get(address), 404)
    assert_problem(anonymous.post(address), 404)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_other_method_is_405(method: str, owner: Caller) -> None:
    response = owner._client.generic(method, "/api/v1/subscriptions", headers=owner._headers)
    assert_problem(response, 405)
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["plans", "subscriptions", "me"])
def test_method_that_nobody_may_use_is_405_for_strangers_too(path: str, anonymous: Caller) -> None:
    assert_problem(anonymous._client.generic("TRACE", f"/api/v1/{path}"), 405)


def test_answer_is_json_whatever_is_asked_for(anonymous: Caller) -> None:
    for accept in ("text/html", "application/xml", "nonsense", ""):
        response = Client().get("/api/v1/plans?", headers={"Accept": accept})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_field_errors_are_named(owner: Caller) -> None:
    body = assert_problem(owner.post("subscriptions", {}), 400)
    assert body["errors"] == [{"field": "plan", "detail": "This field is required."}]
