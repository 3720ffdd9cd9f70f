"""System checks of the gate, without which a database that sleeps would make something late."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error

from config.zappa.stages import Stage
from foundation.due_work import DueWork, never, work_of

PROXIES = (".proxy-", "pooler.")
"""Parts of the host names of every RDS Proxy, and of poolers such as Neon's:
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-connecting.html
https://neon.com/docs/connect/connection-pooling"""

PGBOUNCER_PORT = "6432"
"""https://www.pgbouncer.org/config.html"""

AHEAD_SECONDS = 75
"""GATE_AHEAD_SECONDS unless the stage sets it: a minute until the next tick, and 15 s in which a database resumes.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html"""

BEYOND_RESUMING = 10 - 60
"""Seconds to wait for a connection beyond those that the database is woken ahead: 10 to spare, less that minute."""


def check_gates(stages: list[Stage]) -> list[CheckMessage]:
    """Return the problems of the stages that have a gate."""
    return [problem for stage in stages if _variables(stage).get("GATE_TABLE") for problem in _of_stage(stage)]


def check_database(database: Mapping[str, Any], environment: Mapping[str, str]) -> list[CheckMessage]:
    """Return the problems of Django's database behind the gate."""
    found = []
    if not database["ENGINE"].endswith("postgresql"):
        found.append(
            _error("config.E082", "the gate needs PostgreSQL", "Unset GATE_TABLE, or set another DATABASE_URL.")
        )
    if _is_proxy(database, environment):
        text = "a proxy before the database keeps it awake, and hides the sessions that hold the gate's lock"
        hint = "Name the database itself in DATABASE_URL, or give the stack UseProxy=false, or unset GATE_TABLE."
        found.append(_error("config.E083", text, hint))
    if database.get("CONN_MAX_AGE", 0) != 0 or database.get("OPTIONS", {}).get("pool"):
        text = "an open connection keeps the database awake, and the gate open"
        found.append(_error("config.E084", text, "Set CONN_MAX_AGE to 0 and use no pool, or unset GATE_TABLE."))
    return found


def _is_proxy(database: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
    hosts = environment.get("DATABASE_HOST", ""), str(database.get("HOST", ""))
    return str(database.get("PORT")) == PGBOUNCER_PORT or any(part in host for part in PROXIES for host in hosts)


def _of_stage(stage: Stage) -> Iterator[CheckMessage]:
    seconds = str(_variables(stage).get("DATABASE_CONNECT_SECONDS", "5"))
    ahead = str(_variables(stage).get("GATE_AHEAD_SECONDS", AHEAD_SECONDS))
    least = max(int(ahead) if ahead.isdecimal() else 0, AHEAD_SECONDS) + BEYOND_RESUMING
    if not seconds.isdecimal() or int(seconds) < least:
        text = f"waits {seconds} s for a database that may sleep"
        yield _error("config.E080", text, f"Set DATABASE_CONNECT_SECONDS to {least}.", stage.name)
    for event in stage.events:
        if event.expressions and not _is_known(work_of(event.function)):
            text = f"{event.function} has no next_due in registries.DUE_WORK, so that the gate would let it sleep"
            yield _error(
                "config.E081", text, "Register a foundation.due_work.DueWork that says when it is due.", stage.name
            )


def _is_known(work: DueWork | None) -> bool:
    """Return True if the work says when it is due, or is not asked for, having no marker."""
    return work is not None and (not work.marker or work.next_due is not never)


def _variables(stage: Stage) -> Mapping[str, Any]:
    variables = stage.settings.get("aws_environment_variables", {})
    return variables if isinstance(variables, Mapping) else {}


def _error(check_id: str, text: str, hint: str, obj: str = "GATE_TABLE") -> CheckMessage:
    return Error(text, hint=hint, obj=obj, id=check_id)
