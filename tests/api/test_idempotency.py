"""Repeated requests with the same key get the same response, and the work is done once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from accounts.models import User
from foundation.jobs import retention
from notifications.models import Notification
from subscriptions.models import IdempotentRequest, Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscriptions_transitioned
from tests.api.callers import Caller, assert_problem
from tests.support.factories import NOW, make_plan, make_user
from tests.support.locks import wait_until_blocked
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db


def answer(response: Any) -> tuple[int, bytes, str | None]:
    """Return status, body and content type of a response."""
    return response.status_code, response.content, response.headers.get("Location")


def test_repeated_request_gets_the_first_ones_answer(owner: Caller) -> None:
    body = {"plan": make_plan().pk}
    first, second = (owner.post("subscriptions", body, key="k-1") for _ in range(2))
    assert first.status_code == 201
    assert answer(first) == answer(second)
    assert Subscription.objects.count() == 1
    assert Notification.objects.count() == 2


def test_without_a_key_each_renewal_counts(staff: Caller, owner: Caller) -> None:
    subscription = Service.create_subscription(owner.user, make_plan())
    for key in (None, None, "k", "k", "other"):
        assert staff.post(f"subscriptions/{subscription.pk}/renew", key=key).status_code == 200
    assert subscription.events.filter(transition="renewed").count() == 4


def test_conflict_is_repeated_even_when_its_cause_is_gone(owner: Caller) -> None:
    plan = make_plan(on_sale=False)
    first = owner.post("subscriptions", {"plan": plan.pk}, key="k-1")
    assert_problem(first, 409)
    plan.on_sale = True
    plan.save()
    second = owner.post("subscriptions", {"plan": plan.pk}, key="k-1")
    assert answer(first) == answer(second)
    assert second["Content-Type"] == "application/problem+json"
    assert owner.post("subscriptions", {"plan": plan.pk}, key="k-2").status_code == 201


def test_same_key_for_another_body_or_path_is_422(owner: Caller) -> None:
    first = owner.post("subscriptions", {"plan": make_plan().pk}, key="k-1")
    assert_problem(owner.post("subscriptions", {"plan": make_plan().pk}, key="k-1"), 422)
    assert_problem(owner.post(f"subscriptions/{first.json()['id']}/cancel", key="k-1"), 422)
    assert SubscriptionEvent.objects.count() == 1


def test_same_key_of_another_user_is_another_key(owner: Caller, stranger: Caller) -> None:
    body = {"plan": make_plan().pk}
    assert owner.post("subscriptions", body, key="k-1").json() != stranger.post("subscriptions", body, key="k-1").json()
    assert Subscription.objects.count() == 2


def test_order_and_spacing_of_the_body_do_not_matter(owner: Caller) -> None:
    subscription = Service.create_subscription(owner.user, make_plan())
    path = f"subscriptions/{subscription.pk}/cancel"
    client, headers = owner._client, owner._headers | {"Idempotency-Key": "k-1"}
    bodies = ['{"reason": "a", "when": "period_end"}', '{ "when":"period_end","reason":"a" }']
    first, second = (client.post(f"/api/v1/{path}", body, "application/json", headers=headers) for body in bodies)
    assert (first.status_code, answer(first)) == (200, answer(second))


@pytest.mark.parametrize(
    ("path", "body", "status"), [("subscriptions", {"plan": "x"}, 400), ("subscriptions", {"plan": 999_999}, 404)]
)
def test_refusal_of_the_request_itself_is_not_kept(path: str, body: Any, status: int, owner: Caller) -> None:
    assert_problem(owner.post(path, body, key="k-1"), status)
    assert not IdempotentRequest.objects.exists()
    assert owner.post("subscriptions", {"plan": make_plan().pk}, key="k-1").status_code == 201


@pytest.mark.parametrize("key", ["", "with space", "ü", "k" * 256, "tab\there"])
def test_malformed_key_is_400(key: str, owner: Caller) -> None:
    body = assert_problem(owner.post("subscriptions", {"plan": make_plan().pk}, key=key), 400)
    assert body["errors"][0]["field"] == "Idempotency-Key"
    assert not Subscription.objects.exists()


def test_answer_is_kept_for_a_day(staff: Caller) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    renew = f"subscriptions/{subscription.pk}/renew"
    for later, renewals in [(timedelta(), 1), (timedelta(hours=23, minutes=59), 1), (timedelta(hours=24), 2)]:
        with time_machine.travel(NOW + later, tick=False):
            assert staff.post(renew, key="k-1").status_code == 200
        assert subscription.events.filter(transition="renewed").count() == renewals
    assert IdempotentRequest.objects.count() == 1


def test_request_that_died_half_way_leaves_nothing_and_can_be_repeated(owner: Caller) -> None:
    def die(**kwargs: Any) -> None:
        raise RuntimeError("the receiver died")

    plan = make_plan()
    subscriptions_transitioned.connect(die)
    try:
        body = assert_problem(owner.post("subscriptions", {"plan": plan.pk}, key="k-1"), 500)
    finally:
        subscriptions_transitioned.disconnect(die)
    assert "receiver" not in body["detail"]
    assert not Subscription.objects.exists()
    assert not IdempotentRequest.objects.exists()
    assert not Notification.objects.exists()
    assert owner.post("subscriptions", {"plan": plan.pk}, key="k-1").status_code == 201


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_answer_that_reaches_its_age_while_it_is_looked_up_is_not_deleted_meanwhile(staff: Caller) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    renew = f"subscriptions/{subscription.pk}/renew"
    with time_machine.travel(NOW, tick=False):
        first = staff.post(renew, key="k-1")
    a_day_later = NOW + timedelta(hours=24)
    later = a_day_later + timedelta(seconds=1)
    with ThreadPoolExecutor(1) as pool:

        def delete_after_insert(execute: Any, sql: str, *arguments: Any) -> Any:
            result = execute(sql, *arguments)
            if sql.startswith("INSERT") and IdempotentRequest._meta.db_table in sql:
                deleting = pool.submit(in_thread, lambda: retention.delete_old(later, lambda: timedelta(days=1)))
                deleting.result()
            return result

        with (
            time_machine.travel(a_day_later - timedelta(milliseconds=1), tick=False),
            connection.execute_wrapper(delete_after_insert),
        ):
            second = staff.post(renew, key="k-1")
    assert answer(first) == answer(second)


class Crowd:
    """Concurrent clients, each in a thread with a connection of its own."""

    def __init__(self, size: int) -> None:
        self._ready = threading.Barrier(size)
        self._size = size

    def ask(self, request: Callable[[int], Any]) -> list[Any]:
        """Return the responses."""
        with ThreadPoolExecutor(self._size) as pool:
            return list(pool.map(lambda number: self._one(request, number), range(self._size)))

    def _one(self, request: Callable[[int], Any], number: int) -> Any:
        self._ready.wait(timeout=PATIENCE_SECONDS)
        try:
            return request(number)
        finally:
            connection.close()


@pytest.fixture
def subscriber(transactional_db: None) -> User:
    """Create a committed user, visible to threads."""
    return make_user()


@pytest.mark.parametrize("times", range(5))
def test_two_simultaneous_identical_subscribes_are_one(times: int, subscriber: User) -> None:
    caller, body = Caller(subscriber), {"plan": make_plan().pk}
    first, second = Crowd(2).ask(lambda _: caller.post("subscriptions", body, key="k-1"))
    assert first.status_code == 201
    assert answer(first) == answer(second)
    assert Subscription.objects.count() == 1
    assert Notification.objects.filter(channel="ses").count() == 1


@pytest.mark.parametrize("times", range(5))
def test_of_two_simultaneous_subscribes_with_different_keys_one_is_refused(times: int, subscriber: User) -> None:
    caller, body = Caller(subscriber), {"plan": make_plan().pk}
    answers = Crowd(2).ask(lambda number: caller.post("subscriptions", body, key=f"k-{number}"))
    assert sorted(response.status_code for response in answers) == [201, 409]
    assert Subscription.objects.count() == 1
    assert Notification.objects.filter(channel="ses").count() == 1


def test_request_waits_for_the_one_with_its_key_that_is_at_work(subscriber: User) -> None:
    caller, body = Caller(subscriber), {"plan": make_plan().pk}
    at_work, go_on = threading.Event(), threading.Event()

    def linger(**kwargs: Any) -> None:
        at_work.set()
        assert go_on.wait(timeout=PATIENCE_SECONDS)

    subscriptions_transitioned.connect(linger)
    try:
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(in_thread, lambda: caller.post("subscriptions", body, key="k-1"))
            assert at_work.wait(timeout=PATIENCE_SECONDS)
            second = pool.submit(in_thread, lambda: caller.post("subscriptions", body, key="k-1"))
            if connection.vendor == "postgresql":  # SQLite does not tell who waits
                wait_until_blocked()
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
            go_on.set()
            assert answer(first.result()) == answer(second.result())
    finally:
        subscriptions_transitioned.disconnect(linger)
    assert Subscription.objects.count() == 1


def in_thread(request: Callable[[], Any]) -> Any:
    """Return the response, and close the thread's connection."""
    try:
        return request()
    finally:
        connection.close()
