"""docs/upstream.md: each library fault with a workaround still exists.

A failing test is good news: remove the workaround and its line in docs/upstream.md.
"""

import subprocess
import sys

import django
import pytest
from django.conf import LazySettings, Settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import EmailMessage
from django.db import models
from django.template.backends.django import get_installed_libraries
from django.urls import set_script_prefix
from zappa.core import ZIP_EXCLUDES, Zappa
from zappa.handler import LambdaHandler
from zappa.middleware import ZappaWSGIMiddleware
from zappa.wsgi import create_wsgi_request

BEFORE_DJANGO_61 = pytest.mark.skipif(django.VERSION >= (6, 1), reason="Django 6.1 does it by itself; 5.2 does not")


def _loads(module: str, imported: str) -> bool:
    """Return True if importing the module in a new process imports the other one."""
    program = f"import sys, {module}; sys.exit({imported!r} not in sys.modules)"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_zappa_imports_boto3_for_annotations() -> None:
    assert _loads("zappa.utilities", "boto3")


def test_zappa_calls_a_job_again_that_raised_type_error() -> None:
    calls: list[int] = []

    def job(*arguments: object) -> None:
        calls.append(len(arguments))
        raise TypeError("of the job's own")

    with pytest.raises(RuntimeError, match="signature"):
        LambdaHandler.run_function(job, {}, None)
    assert calls == [2, 1, 0]


def test_zappa_encodes_a_query_that_a_load_balancer_sends_encoded() -> None:
    event = {
        "requestContext": {"elb": {"targetGroupArn": "arn"}},
        "httpMethod": "GET", "path": "/", "headers": {"host": "a.example.com"}, "body": "", "isBase64Encoded": False,
        "queryStringParameters": {"cursor": "a%3Db"},
    }  # fmt: skip
    assert create_wsgi_request(event)["QUERY_STRING"] == "cursor=a%253Db"


def test_zappa_sends_each_cookie_twice() -> None:
    sent: list[tuple[str, str]] = []

    def application(environ: object, start_response: object) -> list[bytes]:
        start_response("200 OK", [("Set-Cookie", "a=1")])  # type: ignore[operator]
        return []

    list(ZappaWSGIMiddleware(application)({}, lambda status, headers, error=None: sent.extend(headers)))
    assert sent == [("Set-Cookie", "a=1"), ("set-cookie", "a=1")]


def test_zappa_prefers_the_shells_region_to_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    zappa = Zappa(aws_region="eu-central-1", load_credentials=False)
    zappa.load_credentials()
    assert zappa.aws_region == "us-east-1"


def test_zappa_leaves_bytecode_out_of_the_zip() -> None:
    assert {"*.pyc", "__pycache__/*"} & set(ZIP_EXCLUDES)


def test_django_takes_a_nul_for_a_part_of_a_session_key() -> None:
    assert SessionStore()._validate_session_key("\x00" * 32)  # type: ignore[attr-defined]  # missing in django-stubs


def test_django_reads_timestamps_by_a_loader_in_python() -> None:
    psycopg_any = pytest.importorskip("django.db.backends.postgresql.psycopg_any")
    assert "load" in vars(psycopg_any.BaseTzLoader)


def test_django_keeps_the_static_address_of_the_first_script_name() -> None:
    settings = LazySettings()
    settings.configure(Settings("config.settings"), STATIC_URL="static/")
    try:
        set_script_prefix("/dev/")
        first = settings.STATIC_URL
        set_script_prefix("/")
        assert (first, settings.STATIC_URL) == ("/dev/static/", "/dev/static/")
    finally:
        set_script_prefix("/")


def test_django_imports_the_template_tags_of_every_app() -> None:
    assert "rest_framework" in get_installed_libraries()


@BEFORE_DJANGO_61
def test_django_sends_a_mail_beyond_ascii_as_8bit() -> None:
    message = EmailMessage("Subject", "Grüße", "from@example.com", ["to@example.com"]).message()
    assert message["Content-Transfer-Encoding"] == "8bit"


@BEFORE_DJANGO_61
def test_django_does_not_fetch_relations_for_all_peers() -> None:
    assert not hasattr(models, "FETCH_PEERS")


def test_python_maps_domains_by_idna_2003() -> None:
    assert "faß.de".encode("idna") == b"fass.de"
