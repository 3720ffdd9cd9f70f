"""Contract tests by schemathesis: the whole OpenAPI description, signed in and anonymous."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from knox.models import AuthToken

from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.api.test_description import DOCUMENT
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db

# The document's own server is relative to where it is served.
schema = schemathesis.openapi.from_dict({**json.loads(DOCUMENT.read_text()), "servers": [{"url": "/"}]})
# The same key may come with two bodies, each of them as described.
schema.config.checks.positive_data_acceptance.expected_statuses = ["2xx", "401", "403", "404", "409", "422"]
application = get_wsgi_application()
schema.app = lambda environ, start: application({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)
bounded = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    """Disable rate limits, which the tests would exceed."""
    settings.CHANGES_PER_MINUTE_AND_USER = settings.CHANGES_PER_MINUTE_AND_ADDRESS = 10**9


@pytest.fixture(autouse=True)
def connection_outlives_requests() -> Iterator[None]:
    """Keep the connection open between requests, like Django's test client: it holds the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def mine(owner: Caller) -> Subscription:
    """Return a free subscription of the owner's, so that every transition is allowed."""
    return Service.create_subscription(owner.user, make_plan(price=0))


@schema.parametrize()
@bounded
def test_answers_to_anybody_are_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate()


@schema.parametrize()
@bounded
def test_answers_to_a_subscriber_are_as_described(case: schemathesis.Case[Any], owner: Caller) -> None:
    case.call_and_validate(headers=owner._headers)


@schema.parametrize()
@bounded
def test_answers_to_a_token_from_before_scopes_are_as_described(case: schemathesis.Case[Any], owner: Caller) -> None:
    secret = AuthToken.objects.create(owner.user)[1]
    case.call_and_validate(headers={"Authorization": f"Token {secret}"})


@schema.parametrize()
@bounded
def test_answers_to_a_service_that_may_do_anything_are_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=Caller(make_user(is_superuser=True))._headers)


@schema.parametrize()
@settings(bounded, max_examples=3)
def test_answers_to_a_service_without_scopes_are_as_described(case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(headers=Caller(make_user(is_superuser=True)).narrowed()._headers)


@schema.parametrize()
@bounded
def test_answers_about_what_exists_are_as_described(
    case: schemathesis.Case[Any], owner: Caller, mine: Subscription
) -> None:
    if "id" in case.path_parameters:
        case.path_parameters["id"] = mine.plan_id if "/plans/" in case.path else mine.pk
    if case.path.endswith("/reactivate"):
        Service.cancel_subscription(mine)
    if case.path.endswith("/subscriptions") and case.meta and case.meta.generation.mode.is_positive:
        case.body = {"plan": make_plan().pk}
    case.call_and_validate(headers=owner._headers)
