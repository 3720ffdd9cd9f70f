"""OpenAPI file and its page."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from drf_spectacular.drainage import GENERATOR_STATS

from config.api.schema import Generator
from subscriptions.api.problems import urn
from subscriptions.errors import IllegalTransition, SubscriptionError
from tests.api.rights import OPEN, SCOPES

PROJECT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = PROJECT / "config" / "web" / "static" / "config" / "openapi.json"


@pytest.fixture
def document() -> dict[str, Any]:
    """Return the parsed OpenAPI file."""
    read: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return read


def specific(error: type[SubscriptionError]) -> Iterator[type[SubscriptionError]]:
    """Yield the error and all that are more specific."""
    yield error
    for below in error.__subclasses__():
        yield from specific(below)


def test_operation_that_names_a_conflict_names_the_more_specific_ones_too(document: dict[str, Any]) -> None:
    conflicts = [
        operation["responses"]["409"]["description"]
        for path in document["paths"].values()
        for operation in path.values()
        if "409" in operation.get("responses", {})
    ]
    general = [text for text in conflicts if f"`{urn(IllegalTransition)}`" in text]
    assert len(general) > 5
    for text in general:
        assert [error for error in specific(IllegalTransition) if f"`{urn(error)}`" not in text] == []


def test_file_is_what_the_code_says(document: dict[str, Any]) -> None:
    with GENERATOR_STATS.silence():
        made = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert json.loads(json.dumps(made, default=str)) == document, "run `make schema`"
    assert not GENERATOR_STATS


def test_file_is_served(client: Client, document: dict[str, Any]) -> None:
    response: Any = client.get("/static/config/openapi.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert json.loads(b"".join(response.streaming_content)) == document


def test_every_operation_that_takes_or_returns_an_object_has_an_example(document: dict[str, Any]) -> None:
    bodies = {
        f"{method} {path} {where}": content
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for where, message in {"request": operation.get("requestBody", {}), **operation["responses"]}.items()
        for content in message.get("content", {}).values()
    }
    assert len(bodies) > 50
    assert [where for where, content in bodies.items() if not content.get("examples")] == []


def test_every_operation_says_what_it_does_and_who_may(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert set(operation["tags"]) <= tags
            name = resolve(re.sub("{.*?}", "1", path)).url_name
            scope = SCOPES.get((method.upper(), str(name)))
            assert bool(scope) == ("needs the scope" in operation["description"]), (method, path)
            assert not scope or f"`{scope}`" in operation["description"]
            is_public = (method.upper(), name) in OPEN - {("GET", "api_me")}
            assert bool(operation["security"]) != is_public


def test_text_of_a_query_is_said_to_hold_no_nul(document: dict[str, Any]) -> None:
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    queries = [each for operation in operations for each in operation.get("parameters", []) if each["in"] == "query"]
    texts = [
        each for each in queries if each["schema"]["type"] == "string" and not {"enum", "format"} & {*each["schema"]}
    ]
    assert {"external_id", "external_user_id", "metadata"} <= {each["name"] for each in texts}
    assert [each["name"] for each in texts if re.search(each["schema"].get("pattern", ""), "key:a\x00b")] == []


def test_page_needs_nothing_from_elsewhere_and_no_inline_script(client: Client) -> None:
    page = client.get("/api/").content.decode()
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert not re.findall(r"<script(?![^>]* src=)", page)


def test_address_without_the_slash_leads_to_the_page(client: Client) -> None:
    assert client.get("/api")["Location"] == "/api/"


def test_types_of_a_conflict_are_documented(document: dict[str, Any]) -> None:
    responses = document["paths"]["/api/v1/subscriptions"]["post"]["responses"]
    assert "`urn:subscriptions:problem:already-subscribed`" in responses["409"]["description"]


def test_serving_never_loads_the_generator() -> None:
    program = (
        "import sys, django, django.urls; django.setup(); django.urls.get_resolver().url_patterns;"
        "print([name for name in sys.modules if name.startswith('drf_spectacular.') and 'openapi' in name])"
    )
    environment = {"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
