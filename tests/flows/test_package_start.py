"""Modules imported by the deployed zip before and after its first response, under Lambda's own runtime client."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from benchmarks.cold_start.start import ENVIRONMENT, IMPORTED
from infra.lambda_local.gateway.http_messages import HttpRequest
from infra.lambda_local.gateway.rest_api import RestAPI
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.sandbox import Sandbox
from infra.packaging.zappa_stage import ZappaStage
from tests.infra.built_package import BuiltPackage
from tests.support.patience import PATIENCE_SECONDS

NOT_AT_THE_START = {
    "boto3",  # only what sends needs it
    "botocore",
    "csp.checks",
    "drf_spectacular",
    "rest_framework.serializers",  # only the API needs them
    "subscriptions.api.subscriptions",
}

Ask = Callable[[str], InvocationResult]


@pytest.fixture
def ask(package: BuiltPackage, stage: ZappaStage) -> Iterator[Ask]:
    """Return a GET from the function, whose log contains each import; the first call starts it."""
    api = RestAPI(f"local.execute-api.{stage.region}.amazonaws.com", stage.name)
    with Sandbox(
        package.directory,
        handler=stage.handler,
        environment=stage.variables | ENVIRONMENT | {"PYTHONVERBOSE": "1"},
        timeout=timedelta(seconds=PATIENCE_SECONDS),
        memory_megabytes=stage.memory_megabytes,
    ) as sandbox:

        def get(path: str) -> InvocationResult:
            request = HttpRequest("GET", f"/{stage.name}{path}", "", [("Host", api.host)], b"", "127.0.0.1")
            return sandbox.invoke(api.event(request))

        yield get


def imported(result: InvocationResult) -> set[str]:
    return set(IMPORTED.findall(result.log))


def answer(result: InvocationResult) -> tuple[int, dict[str, Any]]:
    assert result.error is None, result.log
    return result.payload["statusCode"], result.payload["headers"]


def test_first_answer_needs_neither_boto3_nor_the_api(ask: Ask) -> None:
    first = ask("/healthz")
    assert answer(first)[0] == 200
    assert {"django", "zappa.utilities", "config.urls"} <= imported(first)
    assert imported(first) & NOT_AT_THE_START == set()


def test_page_needs_neither_boto3_nor_the_api(ask: Ask) -> None:
    missing = ask("/nothing/")
    status, headers = answer(missing)
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "django.contrib.staticfiles.storage" in imported(missing)
    assert imported(missing) & NOT_AT_THE_START == set()


def test_api_and_static_files_are_there_when_they_are_asked_for(ask: Ask, package: BuiltPackage) -> None:
    ask("/healthz")
    missing = ask("/api/v1/nothing")
    status, headers = answer(missing)
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert "rest_framework.serializers" in imported(missing)

    names = json.loads((package.directory / "build" / "static" / "staticfiles.json").read_text())["paths"]
    status, headers = answer(ask(f"/static/{names['config/openapi.json']}"))
    assert (status, headers["Content-Type"]) == (200, "application/json")
