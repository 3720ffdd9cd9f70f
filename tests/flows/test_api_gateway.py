"""Deployed API: Zappa's handler behind both API Gateway kinds and a load balancer, with and without a stage."""

import json
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from knox.models import AuthToken

from accounts.models import User
from foundation.throttling.models import RequestCount
from infra.local.lambda_function import LambdaFunction
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user
from tests.support.gateway import DOMAIN, GATEWAYS, OWN_HOST, Answer, Browser, Gateway

pytestmark = pytest.mark.django_db(transaction=True)


class Program(Browser):
    """JSON client with a token or a browser's session."""

    def api(self, path: str) -> str:
        """Return the URL of an API path without the host."""
        return f"{self.gateway.prefix}/api/v1/{path}"

    def post(self, address: str, body: Any, **headers: str) -> Answer:
        """POST a value as JSON."""
        return self._send_json("POST", address, body, headers)

    def put(self, address: str, body: Any) -> Answer:
        """PUT a value as JSON."""
        return self._send_json("PUT", address, body, {})

    def own(self, url: str) -> str:
        """Return the API's URL without the host, which must be the gateway's."""
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("https", self.gateway.host)
        assert parts.path.startswith(self.api(""))
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _send_json(self, method: str, address: str, body: Any, headers: dict[str, str]) -> Answer:
        before, self.headers = self.headers, self.headers | {"Content-Type": "application/json"} | headers
        try:
            return self._send(method, address, json.dumps(body))
        finally:
            self.headers = before


@pytest.fixture(params=GATEWAYS, ids=lambda gateway: gateway.name)
def gateway(request: pytest.FixtureRequest, settings: Any) -> Gateway:
    """Return each gateway, with a function that knows its hosts."""
    settings.ALLOWED_HOSTS = [OWN_HOST, DOMAIN]
    gateway: Gateway = request.param
    return gateway


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.fixture
def program(gateway: Gateway, user: User, lambda_function: LambdaFunction) -> Program:
    """Return a program with the user's token."""
    _, token = AuthToken.objects.create(user)
    return Program(gateway, lambda_function.invoke, {"Authorization": f"Token {token}"})


@pytest.fixture
def plan() -> Plan:
    return make_plan(price=0)


def test_whole_life_of_a_subscription(program: Program, plan: Plan) -> None:
    (listed,) = json.loads(program.get(program.api("plans")).text)["results"]
    assert listed == json.loads(program.get(program.api(f"plans/{plan.pk}")).text)
    made = program.post(program.api("subscriptions"), {"plan": plan.pk}, **{"Idempotency-Key": "k-1"})
    again = program.post(program.api("subscriptions"), {"plan": plan.pk}, **{"Idempotency-Key": "k-1"})
    assert (made.status, made.text, made.headers["location"]) == (201, again.text, again.headers["location"])

    address = program.own(made.headers["location"])
    for move, status in [("cancel", "cancelled"), ("reactivate", "active"), ("renew", "active")]:
        answer = program.post(f"{address}/{move}", {})
        assert (answer.status, json.loads(answer.text)["status"]) == (200, status), answer.text
    history = json.loads(program.get(address).text)["history"]
    assert [event["transition"] for event in history] == ["renewed", "reactivated", "cancelled", "created"]
    mails = json.loads(program.get(program.api("notifications")).text)["results"]
    assert [mail["kind"] for mail in mails] == ["renewed", "reactivated", "cancelled", "created"]


def test_preferences_are_read_and_replaced(program: Program, user: User) -> None:
    address = program.api("notification-preferences")
    assert json.loads(program.get(address).text) == {"reminders": True}
    answer = program.put(address, {"reminders": False})
    assert (answer.status, json.loads(answer.text)) == (200, {"reminders": False})
    assert json.loads(program.get(address).text) == {"reminders": False}


def test_filters_and_links_to_pages_arrive(program: Program, user: User) -> None:
    made = [Service.create_subscription(user, make_plan()).pk for _ in range(5)]
    seen, address = [], program.api("subscriptions?status=active&ordering=id&page_size=2")
    while address:
        page = json.loads(program.get(address).text)
        seen += [subscription["id"] for subscription in page["results"]]
        address = program.own(page["next"]) if page["next"] else ""
    assert seen == made


def test_problems_arrive_as_text_and_not_as_base64(program: Program, lambda_function: LambdaFunction) -> None:
    encoded: list[bool] = []

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = lambda_function.invoke(event)
        encoded.append(result.get("isBase64Encoded", False))
        return result

    program.invoke = invoke
    for answer, status in [
        (program.get(program.api("nothing/here")), 404),
        (program.get(program.api("subscriptions?page_size=0")), 400),
        (program.post(program.api("subscriptions"), {"plan": "x"}), 400),
        (program.post(program.api("subscriptions/1/renew"), {}), 404),
    ]:
        assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        assert json.loads(answer.text)["status"] == status
    assert encoded == [False] * 4


def test_without_a_token_the_answer_says_how_to_sign_in(gateway: Gateway, lambda_function: LambdaFunction) -> None:
    anonymous = Program(gateway, lambda_function.invoke)
    answer = anonymous.get(anonymous.api("subscriptions"))
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Token")


def test_session_of_the_site_changes_with_its_csrf_token(
    gateway: Gateway, plan: Plan, lambda_function: LambdaFunction
) -> None:
    User.objects.create_user("ada", "ada@example.com", "correct horse")
    browser = Program(gateway, lambda_function.invoke)
    sign_in = f"{gateway.prefix}/sign-in/"
    browser.submit(sign_in, browser.get(sign_in), username="ada", password="correct horse")
    address = browser.api("subscriptions")
    assert browser.post(address, {"plan": plan.pk}).status == 403
    token = browser.jar["csrftoken"].value
    assert browser.post(address, {"plan": plan.pk}, **{"X-CSRFToken": token}).status == 201
    assert Subscription.objects.get().user.get_username() == "ada"


def test_api_documentation_reads_the_description_under_the_prefix(
    gateway: Gateway, lambda_function: LambdaFunction
) -> None:
    page = Program(gateway, lambda_function.invoke).get(f"{gateway.prefix}/api/")
    assert page.status == 200
    assert f'data-description="{gateway.prefix}/static/config/openapi.json"' in page.text


def test_server_of_the_description_is_where_the_api_is(gateway: Gateway, plan: Plan, lambda_function: Any) -> None:
    program = Program(gateway, lambda_function.invoke)
    description = f"{gateway.prefix}/static/config/openapi.json"
    (server,) = json.loads(program.get(description).text)["servers"]
    base = urljoin(description, server["url"]).rstrip("/")
    assert program.get(f"{base}/api/v1/plans/{plan.pk}").status == 200


def test_header_that_a_client_writes_makes_no_new_address(program: Program) -> None:
    for forwarded in ("203.0.113.1, 130.176.0.1", "203.0.113.2, 130.176.0.1"):
        program.headers |= {"X-Forwarded-For": forwarded, "Sourceip": forwarded}
        program.post(program.api("subscriptions/1/renew"), {})
    assert sorted(RequestCount.objects.values_list("requests", flat=True)) == [2, 2]
