"""`manage.py check_expired_subscriptions`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from foundation import clock
from subscriptions.models import Subscription, SweepRun
from tests.subscriptions.test_sweep import refuses, strict_receiver
from tests.support.factories import MONTH, make_due, make_plan

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_expired_subscriptions", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def due(number: int) -> list[Subscription]:
    return make_due(make_plan(), number, end=clock.now() - MONTH)


def test_it_sweeps_and_says_what_it_did() -> None:
    due(3)
    assert run() == f"expired 3, failed 0, remaining 0 (sweep {SweepRun.objects.get().pk})\n"


def test_limit_leaves_the_rest() -> None:
    due(3)
    assert run("--limit", "2").startswith("expired 2, failed 0, remaining 1")


def test_dry_run_lists_and_changes_nothing() -> None:
    first, _ = due(2)
    output = run("--dry-run")
    assert f"{first} of user {first.user_id} ends" in output
    assert output.endswith("would expire 2; nothing was changed\n")
    assert Subscription.objects.filter(status="active").count() == 2
    assert not SweepRun.objects.exists()


class CursorsOpen(StringIO):
    """Counter of the connection's server-side cursors at each written line."""

    counts: list[int]

    def write(self, text: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors")
            self.counts = [*getattr(self, "counts", []), cursor.fetchone()[0]]
        return super().write(text)


@pytest.mark.postgresql
def test_dry_run_holds_no_cursor_on_the_server_which_a_pooler_of_transactions_would_lose() -> None:
    due(2)
    out = CursorsOpen()
    call_command("check_expired_subscriptions", "--dry-run", stdout=out)
    assert out.counts == [0, 0, 0]


def test_dry_run_looks_into_the_future() -> None:
    make_due(make_plan(), 1, end=clock.now() + MONTH)
    assert run("--dry-run", "--at", "9000-01-01T00:00Z").endswith("would expire 1; nothing was changed\n")


def test_past_instant_judges_by_it() -> None:
    due(1)
    assert run("--at", (clock.now() - 2 * MONTH).isoformat()).startswith("expired 0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--at", "2026-12-31T00:00"], "has no time zone. For UTC, use 2026-12-31T00:00Z"),
        (["--at", "2026-12-31"], "has no time zone. For UTC, use 2026-12-31T00:00Z"),
        (["--at", "0001-01-01T00:00+14:00"], "is out of range"),
        (["--at", "9999-12-31T23:59-01:00"], "is out of range"),
        (["--at", "tomorrow"], "is not a date and time such as 2026-12-31T00:00Z"),
        (["--at", "9000-01-01T00:00Z"], "add --dry-run"),
        (["--limit", "0"], "from 1 on"),
    ],
)
def test_bad_input_is_refused_before_anything_is_done(arguments: list[str], message: str) -> None:
    due(1)
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert not SweepRun.objects.exists()


def test_failures_are_listed_and_the_exit_is_not_zero() -> None:
    (bad,) = due(1)
    with strict_receiver(refuses(bad.user)), pytest.raises(CommandError, match="1 could not be expired"):
        run()
