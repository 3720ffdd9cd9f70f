"""manage.py timetravel, in separate processes that share the clock."""

import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from config.aws_lambda.admission import MANAGEMENT_COMMANDS
from notifications.models import Notification
from subscriptions.services import SubscriptionService as Service
from tests.config.test_environment import COMPLETE, LOCAL, run
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)

Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def manage(tmp_path: Path) -> Manage:
    """Return a runner of manage.py commands with their own local stack, on the test database."""
    stack = LOCAL | {"LOCAL_CLOCK": (tmp_path / "clock").as_uri(), "DATABASE_URL": os.environ.get("DATABASE_URL", "")}
    return lambda *arguments: run(stack, "manage.py", *arguments)


def said(result: "subprocess.CompletedProcess[str]") -> str:
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_moving_the_clock_prints_its_position(manage: Manage) -> None:
    assert said(manage("timetravel")).startswith("The local clock is at the true time, 20")
    assert "30 days, 0:00:00 ahead of the true time" in said(manage("timetravel", "+30d"))
    assert "31 days, 12:00:00 ahead of the true time" in said(manage("timetravel", "+36h"))
    assert "31 days, 12:00:00 ahead of the true time" in said(manage("timetravel"))
    assert "at 2020-02-29 12:00:0" in (there := said(manage("timetravel", "--to", "2020-02-29T12:00Z")))
    assert "behind the true time" in there
    assert "at the true time" in said(manage("timetravel", "--back"))
    assert "at the true time" in said(manage("timetravel"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["30d"], "'30d' is not a duration such as +30d"),
        (["+d"], "'+d' is not a duration"),
        (["+30y"], "'+30y' is not a duration"),
        (["--to", "tomorrow"], "'tomorrow' is not a date and time"),
        (["--to", "2027-01-01T00:00"], "no time zone"),
        (["+1d", "--back"], "not allowed with"),
        (["+99999w"], "TooFar: the local clock can be moved by at most 36525 days"),
    ],
)
def test_unreadable_argument_moves_nothing(arguments: list[str], words: str, manage: Manage) -> None:
    result = manage("timetravel", *arguments)
    assert result.returncode != 0
    assert words in result.stderr
    assert "at the true time" in said(manage("timetravel"))


@pytest.mark.parametrize("arguments", [[], ["+30d"], ["--to", "2027-01-01T00:00Z"], ["--back"]])
def test_refused_by_name_outside_of_the_local_stack(arguments: list[str]) -> None:
    result = run(COMPLETE, "manage.py", "timetravel", *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: NotLocal: only the local stack's clock can be moved")


def test_deployed_function_does_not_take_the_command() -> None:
    assert "timetravel" not in MANAGEMENT_COMMANDS


def test_deployed_function_loads_nothing_of_it() -> None:
    program = """
import sys, django; django.setup()
from foundation import clock
clock.now()
print({"foundation.local_clock", "config.web.travelled_time"} & set(sys.modules))
"""
    assert said(run(COMPLETE | {"DJANGO_SETTINGS_MODULE": "config.settings"}, "-c", program)) == "set()\n"


@pytest.mark.django_db(transaction=True)
def test_sweep_of_another_program_ends_what_became_due_by_travelling(manage: Manage) -> None:
    subscription = Service.create_subscription(make_user(), make_plan())
    assert "expired 0, " in said_on_stdout(manage("check_expired_subscriptions"))

    said(manage("timetravel", "+29d"))
    assert "expired 0, " in said_on_stdout(manage("check_expired_subscriptions"))
    said(manage("timetravel", "+1d"))
    assert "expired 1, " in said_on_stdout(manage("check_expired_subscriptions"))

    event = subscription.events.latest("pk")
    assert event.transition == "expired"
    assert event.occurred_at >= subscription.end_date
    # The outbox's times are the database's, which does not travel.
    outbox = Notification.objects.filter(event=event)
    assert outbox.filter(created_at__lt=subscription.end_date - 29 * DAY).count() == 2


def said_on_stdout(result: "subprocess.CompletedProcess[str]") -> str:
    """Return the output without the sweep's log."""
    assert result.returncode == 0, result.stderr
    return result.stdout
