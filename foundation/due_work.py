"""Work that becomes due by itself, and the tables that decide when. Apps register both in `foundation.registries`.

Only the gate reads them: they say when a database that sleeps must be awake again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps

from foundation import registries
from foundation.jobs.metrics import Metric


def never(now: datetime) -> datetime | None:
    """Return None: nothing becomes due by itself."""
    return None


def always() -> bool:
    """Return True."""
    return True


def nothing_to_note(until: datetime) -> None:
    """Note nothing."""


def no_reasons(now: datetime) -> Iterable[str]:
    """Return no sentence."""
    return ()


@dataclass(frozen=True)
class DueWork:
    """Scheduled jobs, by their dotted names, and the next instant at which they have something to do.

    Jobs of one `marker` are started together by the earliest of their instants. A job with an empty marker is not
    asked for: it runs whenever its schedule says so, and wakes the database each time.
    """

    marker: str
    jobs: tuple[str, ...]
    next_due: Callable[[datetime], datetime | None] = never
    """Return the earliest instant at which a job has work, as seen at an instant; None if there is none."""
    is_on: Callable[[], bool] = always
    """Return False if the jobs do nothing on this stage, and make no connection: then they are not asked for."""
    heartbeats: tuple[Metric, ...] = ()
    """Metrics that a job writes each minute, for an alarm on their absence."""
    reasons: Callable[[datetime], Iterable[str]] = no_reasons
    """Return sentences that tell operators what is due, once `next_due` has come. Asked by the dashboard only."""
    note_quiet: Callable[[datetime], None] = nothing_to_note
    """Record that the marker's jobs do not run before an instant. Writes to harmless tables only."""


@dataclass(frozen=True)
class TableClass:
    """Model, by its label. `is_harmless` if no change of its rows can make any work due, or due earlier."""

    model: str
    is_harmless: bool


def harmless(*models: str) -> tuple[TableClass, ...]:
    """Return the class of models whose rows make nothing due."""
    return tuple(TableClass(model, is_harmless=True) for model in models)


def opening(*models: str) -> tuple[TableClass, ...]:
    """Return the class of models whose rows may make something due."""
    return tuple(TableClass(model, is_harmless=False) for model in models)


def all_work() -> Iterator[DueWork]:
    """Yield the work of all apps."""
    return registries.DUE_WORK.items(DueWork)


def work_of(job: str) -> DueWork | None:
    """Return the work of a job, by its dotted name; None if no app has registered it."""
    return next((work for work in all_work() if job in work.jobs), None)


def next_instants(now: datetime) -> dict[str, datetime | None]:
    """Return the earliest instant of each marker's work, as seen at `now`."""
    instants: dict[str, datetime | None] = {}
    for work in all_work():
        if work.marker:
            found = (instants.get(work.marker), work.next_due(now))
            instants[work.marker] = min(filter(None, found), default=None)
    return instants


def frequent_markers() -> set[str]:
    """Return the markers whose jobs run each minute while work is due: those with a heartbeat.

    The jobs of the others run seldom, and let the database sleep until their next tick.
    """
    return {work.marker for work in all_work() if work.heartbeats}


def reasons_to_stay_awake(now: datetime) -> list[str]:
    """Return what is due by now, in sentences; the job's name where an app has none."""
    due = [work for work in all_work() if work.marker and (instant := work.next_due(now)) and instant <= now]
    return [reason for work in due for reason in list(work.reasons(now)) or [", ".join(work.jobs)]]


def harmless_tables() -> frozenset[str]:
    """Return the names of the tables whose rows make nothing due. A table of no class is not among them."""
    classes = registries.TABLE_CLASSES.items(TableClass)
    return frozenset(apps.get_model(each.model)._meta.db_table for each in classes if each.is_harmless)
