"""Log lines for CloudWatch. Tests that read them start a Python process, so that nothing else logs."""

import json
import logging
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from config.logs import RowlessFormatter
from config.web.middleware import RequestIdMiddleware
from foundation.jobs.invocation import request_id
from subscriptions.models import Plan
from tests.support.factories import make_plan
from tests.support.log_lines import lines_of

pytestmark = pytest.mark.slow


def test_line_is_one_json_object_with_time_level_logger_and_message() -> None:
    (line,) = lines_of("logging.getLogger('subscriptions.sweep').info('expired %d', 3)")

    assert line.pop("time")
    assert line == {"level": "INFO", "logger": "subscriptions.sweep", "message": "expired 3", "request_id": ""}


def test_line_carries_the_request_id_where_there_is_one() -> None:
    first, second = lines_of(
        "logging.warning('before'); request_id.set('8f2c'); logging.getLogger('django.request').error('inside')"
    )

    assert (first["request_id"], second["request_id"]) == ("", "8f2c")


def test_extra_values_become_fields_of_their_own() -> None:
    (line,) = lines_of("logging.info('swept', extra={'expired': 3, 'run': 7})")

    assert (line["expired"], line["run"]) == (3, 7)


def test_traceback_and_line_breaks_stay_in_one_line() -> None:
    (line,) = lines_of("try: 1 / 0\nexcept ZeroDivisionError: logging.exception('two\\nlines')")

    assert line["message"] == "two\nlines"
    assert line["exc_info"].endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize("logger", ["django", "django.request", "django.security.csrf", "zappa.wsgi", "botocore"])
def test_every_logger_writes_a_record_once(logger: str) -> None:
    assert len(lines_of(f"logging.getLogger('{logger}').error('once')")) == 1


def test_handler_that_was_there_before_django_does_not_write_a_second_line() -> None:
    program = "django.setup(); logging.error('once')"
    already = (
        "logging.getLogger().addHandler(logging.StreamHandler()); from django.utils.log import configure_logging\n"
    )
    again = "from django.conf import settings; configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)\n"

    assert len(lines_of(already + again + program)) == 1


def test_level_comes_from_the_environment() -> None:
    program = "logging.info('quiet'); logging.getLogger('django').info('quiet'); logging.error('loud')"

    assert [line["message"] for line in lines_of(program, LOG_LEVEL="ERROR")] == ["loud"]
    assert len(lines_of(program)) == 3


def seen_by_view(request: HttpRequest) -> str:
    """Return the request id in the log of a view behind the middleware."""
    seen: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.get())
        return HttpResponse()

    RequestIdMiddleware(view)(request)
    return seen[0]


class Context:
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


def test_request_on_lambda_is_logged_with_lambdas_id() -> None:
    request = RequestFactory().get("/")
    request.META["lambda.context"] = Context()

    assert seen_by_view(request) == Context.aws_request_id


def test_each_request_elsewhere_is_logged_with_an_id_of_its_own() -> None:
    first, second = seen_by_view(RequestFactory().get("/")), seen_by_view(RequestFactory().get("/"))

    assert first
    assert second
    assert first != second


def test_request_id_ends_with_its_request_even_when_the_view_raises() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        RequestIdMiddleware(view)(RequestFactory().get("/"))

    assert request_id.get() == ""


def test_answers_are_logged_by_route_without_address_path_or_query() -> None:
    lines = lines_of(
        "from django.test import Client\n"
        "Client(REMOTE_ADDR='203.0.113.7').get('/subscriptions/77/?q=ada@example.com')\n"
        "Client(REMOTE_ADDR='203.0.113.7').get('/healthz?q=ada@example.com')\n"
        "Client(REMOTE_ADDR='203.0.113.7').get('/no-such/ada@example.com/')"
    )

    answered = [line for line in lines if line["message"] == "answered"]
    assert [(line["method"], line["route"], line["status"]) for line in answered] == [
        ("GET", "subscriptions/<int:subscription_id>/", 302),
        ("GET", "healthz", 200),
        ("GET", "", 404),
    ]
    assert all(line["milliseconds"] >= 0 for line in answered)
    assert "ada@" not in str(lines)
    assert "203.0.113.7" not in str(lines)


def test_page_that_fails_is_logged_without_its_path() -> None:
    (line,) = lines_of("logging.getLogger('django.request').error('%s: %s', 'Internal Server Error', '/u/secret/')")
    assert line["message"] == "Internal Server Error"


LINKS = """
import json, sys
from urllib.parse import urlsplit
from django.test import Client

from accounts.links import change_url, reset_url, sign_up_url
from accounts.models import Profile, User
from notifications.unsubscription import link_of as unsubscribe_url
from payments.contract_cancellation import link_of as cancellation_url
from payments.models import CancellationRequest

ada = User(pk=7, username="ada", email="ada@example.com", password="!")
ada.profile = Profile(user=ada)  # there is no database
links = [
    sign_up_url("ada@example.com"), change_url(ada, "ada@example.net"), reset_url(ada),
    cancellation_url(CancellationRequest(pk=7)), unsubscribe_url(ada),
]
paths = [urlsplit(link).path for link in links]
"""
FORMER_HOST = "https://former.example.org"


def lines_about_links(program: str, **environment: str) -> list[dict[str, Any]]:
    """Return the log of a program that asks for each path of a real link. Fails if a line holds the link's secret."""
    paths, *lines = lines_of(f"{LINKS}\nlogging.info(' '.join(paths))\n{program}", **environment)
    secrets = [path.rstrip("/").rpartition("/")[2] for path in paths["message"].split()]
    assert len(secrets) == 5
    assert min(map(len, secrets)) > 20
    assert not [(secret, line) for secret in secrets for line in lines if secret in str(line)]
    return [line for line in lines if line["message"] != "answered"]


def test_link_of_a_mail_is_not_logged_when_the_csrf_check_fails() -> None:
    """The browser of somebody without cookies, or on a former host name, whose page is the Referer."""
    lines = lines_about_links(
        "for path in paths[:4]:\n"  # the last may be posted to without a token
        "    client = Client(enforce_csrf_checks=True)\n"
        "    client.post(path)\n"
        f"    client.post(path, secure=True, headers={{'Referer': '{FORMER_HOST}' + path}})\n"
        f"    client.post(path, headers={{'Origin': '{FORMER_HOST}'}})\n"
    )
    assert [line["message"] for line in lines] == [
        "Forbidden (CSRF cookie not set.)",
        f"Forbidden (Referer checking failed - {FORMER_HOST})",
        f"Forbidden (Origin checking failed - {FORMER_HOST})",
    ] * 4
    assert {line["logger"] for line in lines} == {"django.security.csrf"}


def test_link_of_a_mail_is_not_logged_when_its_request_is_bad() -> None:
    lines = lines_about_links(
        "for path in paths:\n"
        "    Client(headers={'Host': 'evil.example.net'}).get(path)\n"
        "    Client().post(path, {str(number): '' for number in range(2000)})\n"
        "    Client().post(path, {'username': 'x' * 70_000})\n"
    )
    expected = {f"django.security.{name}" for name in ("DisallowedHost", "RequestDataTooBig", "TooManyFieldsSent")}
    assert {line["logger"] for line in lines} == expected
    assert len(lines) >= 12


def test_link_of_a_mail_is_not_logged_when_its_page_fails() -> None:
    lines = lines_about_links(
        "for path in paths:\n    Client(raise_request_exception=False).post(path, {'List-Unsubscribe': 'One-Click'})\n",
        DATABASE_URL="sqlite:////nowhere/at/all.sqlite3",
    )
    failed = [line for line in lines if line["logger"] == "django.request"]
    assert [line["message"] for line in failed] == ["Internal Server Error"] * 5
    assert all("unable to open database file" in line["exc_info"] for line in failed)


def test_zappas_access_log_is_off() -> None:
    assert lines_of("logging.getLogger('zappa.wsgi').info('203.0.113.7 GET /?q=ada@example.com')") == []


BAD_REQUESTS = """
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

answers = [
    Client(headers={"Host": "evil.example.net"}).get("/"),
    Client(headers={"Host": ""}).get("/"),
    Client(headers={"X-Any": chr(0x2713)}).get("/"),
    Client().get("/u/%00/"),
    Client().post("/sign-in/", {str(number): "" for number in range(2000)}),
    Client().post("/sign-in/", {str(number): SimpleUploadedFile("x", b"x") for number in range(200)}),
    Client().post("/sign-in/", {"username": "x" * 70_000}),
    Client().generic("POST", "/sign-in/", b"x", "multipart/form-data"),
    Client().generic("POST", "/sign-in/", b"a=b", "application/x-www-form-urlencoded; charset=latin-1"),
]
logging.info("answered all", extra={"answers": [answer.status_code for answer in answers]})
"""


def test_bad_request_of_anybody_wakes_no_alarm() -> None:
    lines = lines_of(BAD_REQUESTS)
    assert lines[-1]["answers"] == [400, 400, 400, 404, 400, 400, 400, 400, 400]
    assert {line["level"] for line in lines} == {"INFO", "WARNING"}
    assert not [line for line in lines if "exc_info" in line]


@pytest.mark.postgresql
@pytest.mark.django_db
def test_traceback_of_a_database_error_quotes_no_row() -> None:
    """Such an error is chained: Django's, and the driver's with the same details."""
    make_plan(name="Held by\nnobody else", duration_days=31)
    formatter = RowlessFormatter("{message}", style="{")
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        Plan.objects.update(duration_months=-1)
    error = (raised.type, raised.value, raised.tb)
    record = logging.LogRecord("test", logging.ERROR, "", 0, "broke", None, error)
    written = json.loads(formatter.format(record))["exc_info"]
    assert "nobody else" in str(raised.value), "PostgreSQL quotes the row"
    assert "Held by" not in written
    assert "nobody else" not in written
    assert written.count("DETAIL: left out") == 2
    assert "The above exception was the direct cause" in written
    assert written.splitlines()[-2].startswith("django.db.utils.IntegrityError: ")
