"""Calls of the API by pages of other origins. Each test starts a Python process with the setting."""

import json
from typing import Any

import pytest
from django.conf import settings

from tests.config.test_environment import COMPLETE, LOCAL, refusal, run

pytestmark = pytest.mark.slow

APP = "https://app.example.com"
PROGRAM = """
import json, sys, django
django.setup()
from django.test import Client
answers = []
for method, path, headers in json.load(sys.stdin):
    answer = Client().generic(method, path, headers=headers)
    answers.append([answer.status_code, {name.lower(): value for name, value in answer.headers.items()}])
print(json.dumps([answers, sorted(name for name in sys.modules if name.partition(".")[0] == "corsheaders")]))
"""
PREFLIGHT = {
    "Origin": APP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
}


def answers(origins: str, *requests: tuple[str, str, dict[str, str]]) -> tuple[list[Any], list[str]]:
    """Return status and headers of each answer, and the loaded modules of the package."""
    environment = LOCAL | {"DJANGO_SETTINGS_MODULE": "config.settings", "CORS_ALLOWED_ORIGINS": origins}
    result = run(environment | {"LOG_LEVEL": "ERROR"}, "-c", PROGRAM, given=json.dumps(requests))
    assert result.returncode == 0, result.stderr
    made, modules = json.loads(result.stdout)
    return made, modules


def test_nobody_else_may_call_by_default() -> None:
    (preflight, call), modules = answers(
        "", ("OPTIONS", "/api/v1/subscriptions", PREFLIGHT), ("GET", "/api/v1/me", {"Origin": APP})
    )
    assert preflight[0] == 405
    assert not [name for _status, headers in (preflight, call) for name in headers if name.startswith("access-control")]
    assert "corsheaders.middleware" not in modules


def test_preflight_of_an_allowed_origin_needs_no_credentials() -> None:
    origins = f"{APP}, http://localhost:3000"
    ((status, headers),), modules = answers(origins, ("OPTIONS", "/api/v1/subscriptions", PREFLIGHT))
    assert status == 200
    assert headers["access-control-allow-origin"] == APP
    allowed = headers["access-control-allow-headers"].lower().split(", ")
    assert set(PREFLIGHT["Access-Control-Request-Headers"].split(",")) <= set(allowed)
    assert "PATCH" in headers["access-control-allow-methods"].split(", ")
    assert "access-control-allow-credentials" not in headers
    assert "set-cookie" not in headers
    assert "corsheaders.middleware" in modules


def description_headers() -> tuple[set[str], set[str]]:
    """Return the names of the headers that the API's description has of requests and of responses, in lower case."""
    document = json.loads((settings.BASE_DIR / "config/web/static/config/openapi.json").read_text())
    operations = [item for path in document["paths"].values() for item in path.values() if isinstance(item, dict)]
    sent = {each["name"] for item in operations for each in item.get("parameters", []) if each["in"] == "header"}
    answers = [answer for item in operations for answer in item["responses"].values()]
    return {name.lower() for name in sent}, {name.lower() for each in answers for name in each.get("headers", {})}


def test_preflight_allows_each_header_that_the_api_takes_and_exposes_each_that_it_sends() -> None:
    sent, answered = description_headers()
    assert {"if-match", "if-none-match", "idempotency-key"} <= sent
    assert {"etag", "location", "retry-after"} <= answered
    conditional = PREFLIGHT | {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    ((_status, preflight), (_code, call)), _modules = answers(
        APP, ("OPTIONS", "/api/v1/subscriptions/1", conditional), ("GET", "/api/v1/me", {"Origin": APP})
    )
    assert sent <= set(preflight["access-control-allow-headers"].lower().split(", "))
    assert answered <= set(call["access-control-expose-headers"].lower().split(", "))


def test_answers_and_errors_are_readable_by_the_allowed_origin_only() -> None:
    made, _modules = answers(
        APP,
        ("GET", "/api/v1/me", {"Origin": APP}),
        ("GET", "/api/v1/nothing", {"Origin": APP}),
        ("GET", "/api/v1/me", {"Origin": "https://app.example.com.evil.example"}),
        ("GET", "/api/v1/me", {"Origin": "null"}),
        ("GET", "/api/v1/me", {}),
    )
    assert [status for status, _headers in made] == [401, 404, 401, 401, 401]
    assert [headers.get("access-control-allow-origin") for _status, headers in made] == [APP, APP, None, None, None]
    assert all("origin" in headers["vary"].lower().split(", ") for _status, headers in made)
    assert "Retry-After" in made[0][1]["access-control-expose-headers"]


def test_pages_stay_closed_to_other_origins() -> None:
    made, _modules = answers(
        APP,
        ("GET", "/sign-in/", {"Origin": APP}),
        ("OPTIONS", "/sign-in/", PREFLIGHT),
        ("GET", "/healthz", {"Origin": APP}),
    )
    assert not [name for _status, headers in made for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "origins",
    ["*", "https://*.example.com", "app.example.com", "https://app.example.com/", "http://app.example.com", "null",
     "https://App.example.com", "https://user@app.example.com"],
)  # fmt: skip
def test_what_is_no_origin_stops_the_start(origins: str) -> None:
    problem = refusal(COMPLETE | {"CORS_ALLOWED_ORIGINS": origins})
    assert "CORS_ALLOWED_ORIGINS is not a valid list of origins" in problem
