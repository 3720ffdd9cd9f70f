"""Episode of the campaign on its own database and local AWS.

python -m tests.proofs.chaos.episode SEED {all,none} SUBSCRIPTIONS STORM_SECONDS LOG

Subscriptions end during a storm; after it the service has time to recover. `all` or `none` selects the SES
confirmations that arrive. Prints the verdict as a line of JSON; workers write to the file LOG.
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
    """Run the episode and print the verdict."""
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
