"""History on its own PostgreSQL: `python -m tests.proofs.history.episode {honest,tampering} SEED ACTIONS SECONDS`.

Lasts for at least this many actions and seconds. Prints actions and violations.
"""

import io
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

from infra.packaging.local_environment import be_local
from infra.postgresql import PostgreSQL

SHOWN = 20
"""Maximum number of problems to print."""
SHOWN_CHARACTERS = 6_000
"""Maximum length of the processes' log to print with problems."""


def main(manners: str, seed: str, actions: str, seconds: str) -> int:
    """Run the history. Return 1 if a promise broke."""
    with PostgreSQL() as database, tempfile.TemporaryDirectory(prefix="history-") as name:
        directory = Path(name)
        be_local(
            DATABASE_URL=database.url,
            DJANGO_SETTINGS_MODULE="tests.proofs.history.settings",
            HISTORY_CLOCK=(directory / "clock").as_uri(),
        )
        django.setup()
        # These load models.
        from tests.proofs.history.director import Director  # noqa: PLC0415
        from tests.proofs.history.population import populate  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        populate()
        director = Director(int(seed), manners, directory)
        ends_at = time.monotonic() + float(seconds)
        director.run(lambda done: done >= int(actions) and time.monotonic() >= ends_at)
        print(f"\nThe {manners} history: {director.done.total()} actions, {director.kills} kills, {director.moved}")
        for what, number in sorted(director.done.items()):
            print(f"  {what:60}{number:8,}")
        return _tell([*director.problems, *_settle(director.latest, audits=manners == "tampering")], directory / "log")


def _settle(ahead: timedelta, *, audits: bool) -> list[str]:
    """Sweep by the fastest clock, audit, and judge."""
    from foundation import clock, local_clock  # noqa: PLC0415
    from subscriptions.services import SubscriptionService  # noqa: PLC0415
    from tests.proofs.history.judge import problems  # noqa: PLC0415

    local_clock.move_on(ahead)
    now = clock.now()
    SubscriptionService.sweep(now=now)
    if audits:
        call_command("audit_access", fix=True, stdout=io.StringIO())
    return list(problems(now))


def _tell(problems: Iterable[str], log: Path) -> int:
    found = list(problems)
    print(*found[:SHOWN], sep="\n")
    if found:
        print(log.read_text()[-SHOWN_CHARACTERS:])
    print(f"{len(found)} problems" if found else "Every promise held, and the audit found nothing.", flush=True)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
