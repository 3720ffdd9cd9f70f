"""Settings start complete or not at all, and never reveal a password. Each test starts a Python process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from config.environment import list_of
from tests.support.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.slow

COMPLETE = {
    "SECRET_KEY": "complete",
    "ALLOWED_HOSTS": "a.example.com, b.example.com",
    "DATABASE_URL": "postgres://user:hunter2@db.example.com:6432/name",
    "SITE_URL": "https://a.example.com/",
    "SES_FROM_ADDRESS": "from@example.com",
    "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:topic",
}
LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "subs-dev"}
LOCAL = {"DJANGO_LOCAL": "1"}


def run(environment: dict[str, str], *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with only these variables, in the project's folder, and `given` as its input."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={"PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath} | environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(environment, "-c", "import config.settings")


def setting(environment: dict[str, str], name: str) -> Any:
    """Return the value of a setting, serialised as JSON."""
    result = run(environment, "-c", f"import json; from config import settings; print(json.dumps(settings.{name}))")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def refusal(environment: dict[str, str]) -> str:
    """Return the last output line of a failed start."""
    result = start(environment)
    assert result.returncode == 1
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: The environment is not complete: ")
    return last


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in COMPLETE.items() if key != name}


def test_complete_environment_starts() -> None:
    result = start(COMPLETE)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("name", list(COMPLETE))
def test_missing_variable_stops_the_start_and_is_named(name: str) -> None:
    message = refusal(without(name))

    assert f"{name} is not set" in message
    assert not any(f"{other} is not set" in message for other in without(name))


@pytest.mark.parametrize("name", list(COMPLETE))
def test_empty_variable_is_a_missing_one(name: str) -> None:
    assert f"{name} is not set" in refusal(COMPLETE | {name: ""})


def test_all_missing_variables_are_named_at_once() -> None:
    message = refusal({})

    assert all(f"{name} is not set" in message for name in COMPLETE)
    assert "docs/reference/settings.md" in message


def test_nothing_is_needed_on_a_laptop() -> None:
    assert start(LOCAL).returncode == 0
    assert setting(LOCAL, "LOCAL") is True


@pytest.mark.parametrize("value", ["", "0", "true", "yes"])
def test_laptop_is_only_what_says_exactly_1(value: str) -> None:
    assert "SECRET_KEY is not set" in refusal({"DJANGO_LOCAL": value})


def test_lambda_is_never_a_laptop() -> None:
    assert "SECRET_KEY is not set" in refusal(LOCAL | LAMBDA)
    assert setting(COMPLETE | LOCAL | LAMBDA, "LOCAL") is False
    assert setting(COMPLETE | LOCAL | LAMBDA, "SESSION_COOKIE_SECURE") is True


def test_debug_cannot_be_switched_on() -> None:
    assert setting(LOCAL | {"DEBUG": "1", "DJANGO_DEBUG": "True"}, "DEBUG") is False


def test_list_is_split_at_commas_without_spaces() -> None:
    assert setting(COMPLETE, "ALLOWED_HOSTS") == ["a.example.com", "b.example.com"]


@pytest.mark.parametrize(
    ("name", "value", "least"),
    [
        ("DELIVERY_THREADS", "many", 1),
        ("DELIVERY_THREADS", "0", 1),
        ("SWEEPS_KEPT_DAYS", "-1", 1),
        ("NOTIFICATIONS_KEPT_DAYS", "-1", 1),
        ("CONFIRMATION_GRACE_MINUTES", "15", 16),
    ],
)
def test_number_that_is_none_or_too_small_stops_the_start(name: str, value: str, least: int) -> None:
    assert f"{name} is not a valid whole number from {least}" in refusal(COMPLETE | {name: value})


def test_database_address_becomes_djangos_settings() -> None:
    database = setting(COMPLETE, "DATABASES")["default"]

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.com", 6432, "name")
    assert (database["USER"], database["PASSWORD"]) == ("user", "hunter2")


def test_escaped_characters_of_a_password_are_unescaped() -> None:
    address = "postgres://user:p%40ss%2Fw%23rd%25@db.example.com/name"

    assert setting(COMPLETE | {"DATABASE_URL": address}, "DATABASES")["default"]["PASSWORD"] == "p@ss/w#rd%"


@pytest.mark.parametrize(
    "address",
    [
        "postgres://user:hunter2@db.example.com",
        "postgres://user:hunter2@/name",
        "postgres://user:hunter2@db.example.com:port/name",
        "postgres://user:hunter2@db.example.com:99999/name",
        "postgres://user:hunter2@[db.example.com/name",
        "postgres://user:#hunter2@db.example.com/name",
        "postgres://user:/hunter2@db.example.com/name",
        "postgres://user:?hunter2@db.example.com/name",
        "postgres://user:12/hunter2@db.example.com/name",
        "mysql://user:hunter2@db.example.com/name",
        "unheard-of://user:hunter2@db.example.com/name",
        "sqlite://user:hunter2@db.example.com",
        "sqlite://user:hunter2@db.example.com/name",
        "postgres:user:hunter2@db.example.com/name",
        "//user:hunter2@db.example.com/name",
        "user:hunter2@db.example.com/name",
        "hunter2",
    ],
)
def test_broken_database_address_stops_the_start_without_its_password(address: str) -> None:
    result = start(COMPLETE | {"DATABASE_URL": address})

    assert result.returncode == 1
    assert "DATABASE_URL" in result.stderr.splitlines()[-1]
    assert "unter2" not in result.stdout + result.stderr  # what cuts a leading slash cuts the h


def test_value_that_starts_with_a_dollar_is_taken_as_it_stands() -> None:
    environment = COMPLETE | {"SECRET_KEY": "$OTHER", "OTHER": "the value of another variable"}

    assert setting(environment, "SECRET_KEY") == "$OTHER"


def test_sqlite_on_lambda_is_refused_by_the_system_check(tmp_path: Path) -> None:
    environment = COMPLETE | LAMBDA | {"DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}"}

    result = run(environment, "manage.py", "check", "--tag", "zappa")

    assert result.returncode == 1
    assert "DATABASES: (config.E040) SQLite does not work on Lambda" in result.stderr


def test_postgresql_on_lambda_passes_the_system_check() -> None:
    result = run(COMPLETE | LAMBDA, "manage.py", "check", "--tag", "zappa")

    assert (result.returncode, result.stderr) == (0, "")


def test_starting_on_lambda_does_not_load_what_only_the_checks_need() -> None:
    program = "import sys, django; django.setup(); print(sorted(sys.modules))"
    result = run(COMPLETE | LAMBDA | {"DJANGO_SETTINGS_MODULE": "config.settings"}, "-c", program)

    assert result.returncode == 0, result.stderr
    assert "'config.zappa.checks'" in result.stdout
    for module in ("config.zappa.stages", "config.zappa.event_checks", "aws_croniter", "slugify", "zappa"):
        assert f"'{module}'" not in result.stdout


def test_names_of_a_list_are_split_at_commas() -> None:
    assert list_of(("owner", "staff", "service"))("owner, service") == ["owner", "service"]
    assert list_of(("owner", "staff", "service"))("none") == []


@pytest.mark.parametrize("names", ["everybody", "owner,", "owner service", "none,owner"])
def test_name_that_is_not_of_the_list_is_refused(names: str) -> None:
    with pytest.raises(ValueError, match=names):
        list_of(("owner", "staff", "service"))(names)


SANDBOX = COMPLETE | LAMBDA | {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}
"""Variables of a function in the local sandbox, but never on AWS."""


def test_time_can_be_moved_on_a_laptop_and_in_the_local_stacks_sandbox_alone() -> None:
    assert setting(LOCAL, "LOCAL_CLOCK") == (settings.BASE_DIR / ".local" / "clock").as_uri()
    assert setting(LOCAL | {"LOCAL_CLOCK": "file:///tmp/clock"}, "LOCAL_CLOCK") == "file:///tmp/clock"
    assert setting(SANDBOX | {"LOCAL_CLOCK": "http://127.0.0.1:81/"}, "LOCAL_CLOCK") == "http://127.0.0.1:81/"
    assert setting(SANDBOX, "LOCAL_CLOCK") == setting(COMPLETE | LAMBDA, "LOCAL_CLOCK") == ""


@pytest.mark.parametrize(
    "environment",
    [
        COMPLETE | {"LOCAL_CLOCK": "file:///tmp/clock"},
        COMPLETE | LAMBDA | {"LOCAL_CLOCK": "http://127.0.0.1:81/"},
        COMPLETE | LAMBDA | LOCAL | {"LOCAL_CLOCK": "file:///tmp/clock"},
        SANDBOX | {"LOCAL_CLOCK": "file:///tmp/clock"},
        SANDBOX | {"LOCAL_CLOCK": "http://127.0.0.1:81@example.com/"},
        SANDBOX | {"LOCAL_CLOCK": "http://[example.com/"},
        SANDBOX | {"LOCAL_CLOCK": "http://127.0.0.1:81/", "AWS_ENDPOINT_URL": "https://sts.amazonaws.com"},
        LOCAL | {"LOCAL_CLOCK": "http://127.0.0.1:81/"},
    ],
)
def test_anything_else_that_would_move_the_time_stops_the_start(environment: dict[str, str]) -> None:
    assert "LOCAL_CLOCK is for the local stack only" in refusal(environment)


def test_pages_ask_for_the_local_clock_only_where_there_is_one() -> None:
    assert "travelled_time" in str(setting(LOCAL, "TEMPLATES"))
    assert "travelled_time" not in str(setting(COMPLETE, "TEMPLATES"))


@pytest.mark.parametrize(
    ("value", "name", "address"),
    [
        ("no-reply@example.com", "", "no-reply@example.com"),
        ("Acme <no-reply@example.com>", "Acme", "no-reply@example.com"),
        ('"Acme, Inc." <no-reply@example.com>', "Acme, Inc.", "no-reply@example.com"),
        ("Acme <no-reply@fa\u00df.example>", "Acme", "no-reply@xn--fa-hia.example"),
    ],
)
def test_sender_may_have_a_name(value: str, name: str, address: str) -> None:
    environment = COMPLETE | {"SES_FROM_ADDRESS": value}
    assert setting(environment, "SES_FROM_ADDRESS") == address
    assert setting(environment, "SES_FROM_NAME") == name


@pytest.mark.parametrize("value", ["no-reply", "Acme <no-reply>", "Acme <a@example.com> <b@example.com>", "a@b@c.com"])
def test_sender_that_is_none_stops_the_start(value: str) -> None:
    assert "SES_FROM_ADDRESS must be an address, or Name <address>" in refusal(COMPLETE | {"SES_FROM_ADDRESS": value})
