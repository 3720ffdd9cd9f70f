"""One episode of the campaign, on a database and a local AWS of its own.

    python -m tests.proofs.chaos.episode SEED {all,none} SUBSCRIPTIONS STORM_SECONDS LOG

Subscriptions end while a storm rages; when it is over, the service has time to put itself in order. `all` or `none`
says how many of SES's confirmations arrive. Prints the verdict as a line of JSON; the workers write to the file LOG.
"""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

from infra.packaging.local_environment import be_local
from infra.postgresql import PostgreSQL


def main(seed: str, confirmations: str, subscriptions: str, storm_seconds: str, log: str) -> None:
    """Play it and print the verdict."""
    with PostgreSQL() as database, tempfile.TemporaryDirectory() as directory:
        be_local(DATABASE_URL=database.url, DJANGO_SETTINGS_MODULE="tests.proofs.chaos.settings", LOG_LEVEL="ERROR")
        django.setup()
        # Models load only once Django is set up.
        from tests.proofs.chaos.play import Play  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        play = Play(
            seed=int(seed),
            confirms=confirmations == "all",
            database=database,
            ledger=Path(directory, "ledger"),
            log=Path(log),
        )
        verdict = play.run(int(subscriptions), timedelta(seconds=float(storm_seconds)))
        print(verdict.as_json(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
