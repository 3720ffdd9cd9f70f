"""What a gate needs of its stage and its database."""

from typing import Any

import pytest

from config.zappa.gate_checks import check_database, check_gates
from config.zappa.stages import read_stages
from foundation import registries
from foundation.due_work import DueWork
from foundation.registries import Registry

POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 0}
VARIABLES = {"GATE_TABLE": "subs-dev-gate", "DATABASE_CONNECT_SECONDS": "25"}
SWEEP = "subscriptions.jobs.check_expired_subscriptions"


def ids(variables: dict[str, str], job: str = SWEEP) -> list[str | None]:
    event = {"function": job, "name": job, "expression": "rate(1 minute)"}
    stages = read_stages({"dev": {"aws_environment_variables": variables, "events": [event]}})
    return [problem.id for problem in check_gates(stages)]


def test_stage_that_waits_for_its_database_and_runs_known_jobs_is_fine() -> None:
    assert ids(VARIABLES) == []


@pytest.mark.parametrize("seconds", ["24", "", "soon"])
def test_stage_that_does_not_wait_long_enough_is_told(seconds: str) -> None:
    assert ids(VARIABLES | {"DATABASE_CONNECT_SECONDS": seconds}) == ["config.E080"]


@pytest.mark.parametrize(("seconds", "problems"), [("39", ["config.E080"]), ("40", [])])
def test_stage_that_is_woken_earlier_waits_longer(seconds: str, problems: list[str]) -> None:
    """60 s until the next tick are among them, which leaves 30 s for a database to resume."""
    assert ids(VARIABLES | {"GATE_AHEAD_SECONDS": "90", "DATABASE_CONNECT_SECONDS": seconds}) == problems


def test_job_whose_next_instant_nobody_knows_is_told() -> None:
    assert ids(VARIABLES, "reports.jobs.write_reports") == ["config.E081"]


REPORTS = ("reports.jobs.write_reports",)
FORGOTTEN = (DueWork("reports", REPORTS),)
ALWAYS_RUN = (DueWork("", REPORTS),)
KNOWN = (DueWork("reports", REPORTS, lambda now: now),)


@pytest.mark.parametrize(("work", "problems"), [("FORGOTTEN", ["config.E081"]), ("ALWAYS_RUN", []), ("KNOWN", [])])
def test_work_with_a_marker_must_say_when_it_is_due(
    work: str, problems: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each close would put the marker's ceiling off by another day, past every tick of the job."""
    registry = Registry()
    registry.register(f"{__name__}.{work}")
    monkeypatch.setattr(registries, "DUE_WORK", registry)
    assert ids(VARIABLES, *REPORTS) == problems


def test_stage_without_a_gate_needs_nothing() -> None:
    assert ids({}, "reports.jobs.write_reports") == []


@pytest.mark.parametrize(
    ("database", "environment", "expected"),
    [
        (POSTGRESQL, {}, []),
        (POSTGRESQL, {"DATABASE_HOST": "subs-dev.cluster-abc.us-east-1.rds.amazonaws.com"}, []),
        (POSTGRESQL | {"ENGINE": "django.db.backends.sqlite3"}, {}, ["config.E082"]),
        (POSTGRESQL, {"DATABASE_HOST": "subs-dev.proxy-abc.us-east-1.rds.amazonaws.com"}, ["config.E083"]),
        (POSTGRESQL | {"HOST": "subs-dev.proxy-abc.us-east-1.rds.amazonaws.com"}, {}, ["config.E083"]),
        (POSTGRESQL | {"HOST": "ep-blue-123-pooler.eu-central-1.aws.neon.tech"}, {}, ["config.E083"]),
        (POSTGRESQL | {"HOST": "db.example.com", "PORT": 6432}, {}, ["config.E083"]),
        (POSTGRESQL | {"HOST": "ep-blue-123.eu-central-1.aws.neon.tech", "PORT": 5432}, {}, []),
        (POSTGRESQL | {"CONN_MAX_AGE": 60}, {}, ["config.E084"]),
        (POSTGRESQL | {"CONN_MAX_AGE": None}, {}, ["config.E084"]),
        (POSTGRESQL | {"OPTIONS": {"pool": True}}, {}, ["config.E084"]),
    ],
)
def test_database_must_be_postgresql_without_a_proxy_or_kept_connections(
    database: dict[str, Any], environment: dict[str, str], expected: list[str]
) -> None:
    assert [problem.id for problem in check_database(database, environment)] == expected
