"""Contract tests by schemathesis: the whole OpenAPI description, signed in and anonymous."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as settings_in_use
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.middleware.csrf import CSRF_SECRET_LENGTH
from django.test import Client
from hypothesis import HealthCheck, settings
from knox.models import AuthToken
from schemathesis.checks import CheckFunction
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from accounts.models import User
from foundation.api.scopes import all_scopes
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.api.rights import SCOPES, operation_of
from tests.api.test_description import DOCUMENT
from tests.support.factories import make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# The document's own server is relative to where it is served.
schema = schemathesis.openapi.from_dict({**json.loads(DOCUMENT.read_text()), "servers": [{"url": "/"}]})
# The same key may come with two bodies, and a condition may not hold, each of them as described.
ACCEPTED = ["2xx", "304", "401", "402", "403", "404", "409", "412", "422"]
schema.config.checks.positive_data_acceptance.expected_statuses = ACCEPTED
application = get_wsgi_application()
schema.app = lambda environ, start: application({**environ, "REMOTE_ADDR": "127.0.0.1"}, start)
bounded = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

RELATED_MEMBERS = {"compared_with", "duration_days", "price", "reminder_days"}
"""Members of a plan whose rules depend on one another or on other plans, which JSON Schema cannot say."""

REPLACED = {ParameterLocation.HEADER, ParameterLocation.PATH}
"""Parts of a request that a test with a token may have mended: it writes `Authorization`, and the id of what exists."""


def ask_and_validate(case: schemathesis.Case[Any], headers: dict[str, str] | None = None) -> None:
    """Send the request, and compare the answer with its description."""
    answer = case.call(headers=headers)
    is_related = "/plans" in case.path and answer.status_code == 400 and _refused(answer.json()) <= RELATED_MEMBERS
    excluded: list[CheckFunction] = [positive_data_acceptance] if is_related else []
    if headers and _broken(case) <= REPLACED - _described_headers(case):
        excluded.append(negative_data_rejection)
    case.validate_response(
        answer,
        excluded_checks=excluded,
        headers=headers,
        transport_kwargs={} if headers is None else {"headers": headers},
    )


def _broken(case: schemathesis.Case[Any]) -> set[ParameterLocation]:
    """Return the parts of the request that were made not to fit the description."""
    return {place for place, part in case.meta.components.items() if part.mode.is_negative} if case.meta else set()


def _described_headers(case: schemathesis.Case[Any]) -> set[ParameterLocation]:
    """Return the header's place if it holds anything that must have a form. A condition may be any text."""
    headers = {each.name for each in case.operation.headers} - {"Authorization", "If-Match", "If-None-Match"}
    return {ParameterLocation.HEADER} if headers else set()


def _refused(problem: dict[str, Any]) -> set[str]:
    return {error["field"].partition(".")[0] for error in problem.get("errors", [{"field": "unnamed"}])}


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


def session_headers(user: User, *, is_protected: bool) -> dict[str, str]:
    """Return the headers of a browser that is signed in, and of its scripts if they send the CSRF token."""
    browser = Client()
    browser.force_login(user)
    token = "a" * CSRF_SECRET_LENGTH
    cookies = {
        settings_in_use.SESSION_COOKIE_NAME: browser.session.session_key,
        settings_in_use.CSRF_COOKIE_NAME: token,
    }
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": cookie} | ({"X-CSRFToken": token} if is_protected else {})


@pytest.fixture
def mine(owner: Caller) -> Subscription:
    """Return a free subscription of the owner's, so that every transition is allowed."""
    return Service.create_subscription(owner.user, make_plan(price=0))


@schema.parametrize()
@bounded
def test_answers_to_anybody_are_as_described(case: schemathesis.Case[Any]) -> None:
    ask_and_validate(case)


@schema.parametrize()
@bounded
def test_answers_to_a_subscriber_are_as_described(case: schemathesis.Case[Any], owner: Caller) -> None:
    ask_and_validate(case, headers=owner._headers)


@schema.parametrize()
@bounded
def test_answers_to_a_token_from_before_scopes_are_as_described(case: schemathesis.Case[Any], owner: Caller) -> None:
    secret = AuthToken.objects.create(owner.user)[1]
    ask_and_validate(case, headers={"Authorization": f"Token {secret}"})


@schema.parametrize()
@bounded
def test_answers_to_a_service_that_may_do_anything_are_as_described(case: schemathesis.Case[Any]) -> None:
    ask_and_validate(case, headers=Caller(make_user(is_superuser=True))._headers)


@schema.parametrize()
@settings(bounded, max_examples=3)
def test_answers_to_a_service_without_scopes_are_as_described(case: schemathesis.Case[Any]) -> None:
    ask_and_validate(case, headers=Caller(make_user(is_superuser=True)).narrowed()._headers)


@schema.parametrize()
@settings(bounded, max_examples=5)
def test_answers_to_a_service_that_may_only_read_are_as_described(case: schemathesis.Case[Any]) -> None:
    reading = [scope.name for scope in all_scopes() if scope.name.endswith(":read")]
    ask_and_validate(case, headers=Caller(make_user(is_superuser=True)).narrowed(*reading)._headers)


@schema.parametrize()
@settings(bounded, max_examples=2)
def test_answers_to_a_service_with_the_scope_alone_are_as_described(case: schemathesis.Case[Any]) -> None:
    operation = operation_of(case.method.upper(), case.path.removeprefix("/api/v1/"))
    scopes = [SCOPES[operation]] if operation in SCOPES else []
    ask_and_validate(case, headers=Caller(make_user(is_superuser=True)).narrowed(*scopes)._headers)


@schema.parametrize()
@settings(bounded, max_examples=2)
def test_answers_to_a_service_with_some_permissions_are_as_described(
    case: schemathesis.Case[Any], service: Caller
) -> None:
    ask_and_validate(case, headers=service._headers)


@schema.parametrize()
@settings(bounded, max_examples=2)
def test_answers_to_a_session_are_as_described(case: schemathesis.Case[Any], owner: Caller) -> None:
    for is_protected in (True, False):
        ask_and_validate(case, headers=session_headers(owner.user, is_protected=is_protected))


@schema.parametrize()
@settings(bounded, max_examples=5)
def test_answers_to_staff_are_as_described(case: schemathesis.Case[Any], staff: Caller) -> None:
    ask_and_validate(case, headers=staff._headers)


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
    ask_and_validate(case, headers=owner._headers)
