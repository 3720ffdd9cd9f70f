"""HTTP requests in the formats of AWS's gateways, through the function's handler."""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from config.aws_lambda.admission import RefusedInvocation
from config.aws_lambda.http_events import normalised
from config.aws_lambda.metrics import FunctionMetric
from infra.local.lambda_function import LambdaFunction
from subscriptions.models import AccessAuditRun, SweepRun
from tests.support.gateway import DOMAIN, GATEWAYS, Browser, Gateway, Request, load_balancer, load_balancer_of_zappa
from tests.support.lambda_context import Context

EVENTS = Path(__file__).resolve().parents[2] / "events"
ALL = "multiValueHeaders"
LOAD_BALANCERS = [gateway for gateway in GATEWAYS if gateway.event in (load_balancer, load_balancer_of_zappa)]
QUERIES = {
    "text": "a=b&c=",
    "cursor": "cursor=eyJhIjoxfQ%3D%3D&page_size=1",
    "reserved characters": urlencode({"next": "/a/?b=c&d=e#f", "q": "a+b c%41%25"}),
    "plus and percent 20": "q=a+b%20c%2Bd",
    "name that is encoded": "a%5Bb%5D=1&%C3%BC=2",
    "beyond ASCII": "q=%E2%9C%93&p=" + quote("ü€𝄞"),
    "not UTF-8": "q=%FF%00",
    "half an escape": "q=100%&p=%4",
}


@pytest.fixture
def aws_event() -> Callable[[str], dict[str, Any]]:
    """Return a loader for AWS's sample events by file name."""
    return lambda name: dict(json.loads((EVENTS / f"{name}.json").read_text()))


@pytest.fixture
def module(lambda_function: LambdaFunction) -> ModuleType:
    """Return the handler's module; the requested fixture has created Zappa's settings."""
    from config.aws_lambda import handler  # noqa: PLC0415

    return handler


@pytest.fixture
def invoke(lambda_function: LambdaFunction) -> Callable[[Any], Any]:
    return lambda_function.invoke


@pytest.fixture
def hosts(settings: Any) -> None:
    """Configure the function's own host names."""
    settings.ALLOWED_HOSTS = [f".{DOMAIN}", *{gateway.host for gateway in GATEWAYS}]


@pytest.fixture(params=GATEWAYS, ids=lambda gateway: gateway.name)
def browser(request: pytest.FixtureRequest, invoke: Any, hosts: None) -> Browser:
    return Browser(request.param, invoke)


@pytest.fixture
def view(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Return a function that serves a view as the site."""
    from django.urls import clear_url_caches, re_path  # noqa: PLC0415

    def serve(view: Callable[[HttpRequest], HttpResponse]) -> None:
        urls = ModuleType("urls_of_a_test")
        vars(urls)["urlpatterns"] = [re_path("", view)]
        settings.ROOT_URLCONF = urls
        clear_url_caches()

    return serve


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log records that would raise an alarm."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


def sent_query(request: HttpRequest) -> JsonResponse:
    return JsonResponse(dict(request.GET.lists()))


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_query_arrives_as_it_was_sent(query: str, browser: Browser, view: Any) -> None:
    view(sent_query)
    answer = browser.get(f"{browser.gateway.prefix}/x/?{query}")
    expected = dict(QueryDict(query).lists())
    if browser.gateway.event is load_balancer:
        expected = {name: values[-1:] for name, values in expected.items()}
    assert json.loads(answer.text) == expected


@pytest.mark.parametrize("gateway", LOAD_BALANCERS, ids=lambda gateway: gateway.name)
def test_load_balancer_decodes_no_query(gateway: Gateway) -> None:
    event = gateway.event(gateway, Request("GET", "/", QUERIES["reserved characters"], {}, ""))
    several = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in event["queryStringParameters"].items()
    }
    assert several == {"next": ["%2Fa%2F%3Fb%3Dc%26d%3De%23f"], "q": ["a%2Bb+c%2541%2525"]}


@pytest.mark.parametrize("sample", ["alb-query-as-sent", "alb-query-as-sent-multi-value"])
def test_query_of_a_documented_event(sample: str, aws_event: Any, invoke: Any, view: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    view(sent_query)
    query = json.loads(invoke(aws_event(sample))["body"])
    assert query["cursor"] == ["eyJhIjoxfQ=="]
    assert query["status"] == ["active", "cancelled"] if "multi" in sample else query["next"] == ["/subscriptions/"]


def test_spellings_of_one_name_are_one_list(aws_event: Any) -> None:
    event = aws_event("alb-query-as-sent-multi-value")
    event["multiValueQueryStringParameters"] = {"a%5B": ["1"], "a[": ["2", "%33"]}
    assert normalised(event)["multiValueQueryStringParameters"] == {"a[": ["1", "2", "3"]}


def test_event_that_needs_no_change_is_not_touched(aws_event: Any) -> None:
    event = aws_event("apigateway-aws-proxy") | {"stageVariables": None}
    assert normalised(event) is event


@pytest.mark.parametrize("path", ["/healthz", "/", "/readyz"])
@pytest.mark.parametrize("sample", ["alb-health-check", "alb-health-check-multi-value", "apigateway-console-test"])
@pytest.mark.django_db(transaction=True)
def test_request_without_a_host_is_answered(
    sample: str, path: str, aws_event: Any, invoke: Any, hosts: None, caplog: pytest.LogCaptureFixture
) -> None:
    event = aws_event(sample.removesuffix("-multi-value")) | {"path": path}
    if sample.endswith("-multi-value"):
        event[ALL] = {name: [value] for name, value in event.pop("headers").items()}
    now = datetime.now(UTC)
    # Without these two the service would not be ready.
    SweepRun.objects.create(started_at=now, finished_at=now)
    AccessAuditRun.objects.create(started_at=now, finished_at=now, complete=True)
    assert invoke(event)["statusCode"] == 200
    assert not errors(caplog)


@pytest.mark.parametrize("host", ["evil.example.net", "", "\N{CHECK MARK}"])
def test_process_is_alive_whatever_the_host(host: str, browser: Browser) -> None:
    browser.headers["Host"] = host
    answer = browser.get(f"{browser.gateway.prefix}/healthz")
    assert (answer.status, json.loads(answer.text)) == (200, {"status": "ok"})


@pytest.mark.parametrize("sample", ["alb-forwarded-for-with-port", "alb-without-forwarded-for"])
@pytest.mark.parametrize("gateway", LOAD_BALANCERS, ids=lambda gateway: gateway.name)
@pytest.mark.django_db(transaction=True)
def test_connections_of_one_client_share_a_limit(
    sample: str, gateway: Gateway, aws_event: Any, invoke: Any, hosts: None, settings: Any
) -> None:
    settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 2
    forwarded = aws_event(sample)["headers"].get("x-forwarded-for", "").partition(":")[0]
    told = []
    with time_machine.travel(datetime.now(UTC), tick=False):
        for port in range(3):
            browser = Browser(replace(gateway, event=partial(forwarded_by, gateway, forwarded, port)), invoke)
            told.append(browser.submit("/sign-in/", browser.get("/sign-in/")).status)
    assert told == [200, 200, 429]


def forwarded_by(inner: Gateway, address: str, port: int, _: Gateway, request: Request) -> dict[str, Any]:
    """Return a load balancer's event with the client's port, or without an address."""
    headers = {name: value for name, value in request.headers.items() if name != "X-Forwarded-For"}
    if address:
        headers["X-Forwarded-For"] = f"{address}:{51234 + port}"
    return inner.event(inner, replace(request, headers=headers))


def three_cookies(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("done", headers={"X-Cookie": "1"})
    for name in ("a", "b", "c"):
        response.set_cookie(name, f"{name}; value")
    return response


def test_each_cookie_is_sent_once(browser: Browser, view: Any) -> None:
    view(three_cookies)
    seen: list[dict[str, Any]] = []

    def invoke(event: dict[str, Any], inner: Any = browser.invoke) -> Any:
        seen.append(inner(event))
        return seen[-1]

    browser.invoke = invoke
    answer = browser.get(f"{browser.gateway.prefix}/")
    assert [cookie.key for cookie in answer.cookies] == ["a", "b", "c"]
    assert answer.headers["x-cookie"] == "1"
    headers = browser.gateway.headers(seen[0])
    assert len([name for name, _ in headers if name.lower() == "set-cookie"]) == 3


@pytest.mark.parametrize("header", ["Cookie", "User-Agent", "X-Anything", "Content-Type", "Accept-Language"])
def test_header_beyond_latin_1_is_a_bad_request(header: str, browser: Browser, caplog: Any) -> None:
    browser.headers[header] = "consent=\N{CHECK MARK}"
    for path in ("/sign-in/", "/api/v1/plans"):
        assert browser.get(f"{browser.gateway.prefix}{path}").status == 400
        assert browser.post(f"{browser.gateway.prefix}{path}", "").status == 400
    assert not errors(caplog)


@pytest.mark.parametrize("credentials", ["Token \N{EURO SIGN}", "Token \N{CHECK MARK}\x85 x", "\N{EURO SIGN}"])
@pytest.mark.django_db(transaction=True)
def test_credentials_beyond_latin_1_are_not_known(credentials: str, browser: Browser) -> None:
    browser.headers["Authorization"] = credentials
    answer = browser.get(f"{browser.gateway.prefix}/api/v1/subscriptions")
    assert (answer.status, answer.headers["content-type"]) == (401, "application/problem+json")


def bedrock_agent() -> dict[str, Any]:
    """Return a sample event, https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html."""
    return {
        "messageVersion": "1.0",
        "agent": {"name": "a", "id": "b", "alias": "c", "version": "d"},
        "inputText": "x",
        "sessionId": "y",
        "actionGroup": "z",
        "apiPath": "/healthz",
        "httpMethod": "GET",
        "parameters": [],
        "sessionAttributes": {},
        "promptSessionAttributes": {},
    }


UNREADABLE: dict[str, Callable[[Any], dict[str, Any]]] = {
    "VPC Lattice": lambda of: of("vpc-lattice-2.0"),
    "Bedrock agent": lambda of: bedrock_agent(),
    "authorizer of a REST API": lambda of: of("apigateway-aws-proxy") | {"type": "REQUEST", "methodArn": "x"},
    "authorizer of an HTTP API": lambda of: of("apigateway-http-api-proxy") | {"type": "REQUEST", "routeArn": "x"},
    "no context": lambda of: {"httpMethod": "GET", "path": "/healthz", "headers": {}},
    "context that is none": lambda of: of("alb-health-check") | {"requestContext": "elb"},
    "context of nobody": lambda of: of("alb-health-check") | {"requestContext": {"stage": "dev"}},
    "context without an address": lambda of: (
        of("apigateway-http-api-proxy") | {"requestContext": {"http": {"method": "GET"}}}
    ),
    "no path": lambda of: of("apigateway-http-api-proxy") | {"rawPath": None},
    "no headers": lambda of: of("apigateway-http-api-proxy") | {"headers": None},
    "headers that are a list": lambda of: of("alb-health-check") | {"headers": [["host", "x"]]},
    "headers as VPC Lattice has them": lambda of: of("alb-health-check") | {"headers": {"host": ["x"]}},
    "one value where many are due": lambda of: of("alb-query-as-sent-multi-value") | {ALL: {"host": "x"}},
    "query that is text": lambda of: of("alb-query-as-sent") | {"queryStringParameters": "a=b"},
    "query with a number": lambda of: of("alb-query-as-sent") | {"queryStringParameters": {"a": 1}},
    "body that is an object": lambda of: of("alb-health-check") | {"body": {"a": 1}},
    "method that is a list": lambda of: of("alb-health-check") | {"httpMethod": ["GET"]},
    "cookies that are text": lambda of: of("apigateway-http-api-proxy") | {"cookies": "a=b"},
}


@pytest.mark.parametrize("event_from", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_request_is_refused_and_counted(
    event_from: Any, aws_event: Any, module: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(RefusedInvocation):
        module.lambda_handler(event_from(aws_event), Context())
    (line,) = (record.msg for record in caplog.records if isinstance(record.msg, dict))
    assert line[FunctionMetric.INVOCATIONS_REFUSED] == 1
