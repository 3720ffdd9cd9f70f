"""Charges under faults: `make chaos-payments`.

Rounds of storms over renewal orders, until each fault was hit often enough; then calm, and the judge.
"""

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import django
from django.core.management import call_command

from infra.packaging.local_environment import be_local
from infra.postgresql import PostgreSQL

SHOWN = 20
"""Maximum number of problems to print."""
SHORTEST = 75
"""Times for the calls of one claim, each an hour of the campaign's clock: a message may come 72 hours late."""
MOST_ROUNDS = 30
"""Storms after which the run ends, and fails, although a fault was hit too seldom."""


def main(arguments: list[str]) -> int:
    """Run the campaign; return 1 if a promise broke or a fault was not hit."""
    chosen = _parser().parse_args(arguments)
    print(f"Seed {chosen.seed}, {chosen.orders:,} orders", flush=True)
    with PostgreSQL() as database, tempfile.TemporaryDirectory() as directory:
        os.environ["LEDGER_PROVIDER_FILE"] = str(Path(directory, "ledger"))
        be_local(
            DATABASE_URL=database.url,
            DJANGO_SETTINGS_MODULE="tests.settings",
            LOG_LEVEL="CRITICAL",
            PAYMENT_PROVIDER="tests.support.ledger_provider.LedgerProvider",
        )
        django.setup()
        call_command("migrate", verbosity=0)
        return _run(chosen)


def _run(chosen: argparse.Namespace) -> int:
    # Models load only once Django is set up.
    from tests.proofs.payment_chaos.campaign import Campaign  # noqa: PLC0415

    logging.disable(logging.CRITICAL)  # what went wrong, the judge tells
    began = time.monotonic()
    campaign = Campaign(chosen.seed, chosen.probability, chosen.shortest)
    while not campaign.is_lost() and (
        campaign.round < chosen.rounds
        or (chosen.until_hit and campaign.round < MOST_ROUNDS and campaign.missing(chosen.hits))
    ):
        campaign.storm(chosen.orders // chosen.rounds)
        seconds, seldom = time.monotonic() - began, len(campaign.missing(chosen.hits))
        print(f"Storm {campaign.round} ended after {seconds:.0f} s, {seldom} faults too seldom", flush=True)
    campaign.calm()
    verdict = campaign.judge()
    for fault, hits in sorted(campaign.hits().items()):
        print(f"{fault:50} {hits:8,}")
    lines = (verdict.stdout + verdict.stderr).splitlines()
    print(*lines[:SHOWN], *lines[SHOWN:][-1:], sep="\n")
    missing = campaign.missing(chosen.hits)
    print(f"Too seldom: {', '.join(missing)}" if missing else f"Each fault was hit {chosen.hits} times or more.")
    print(f"Processes that ended with an error: {campaign.errors}")
    broke = bool(verdict.returncode or campaign.errors)
    print("Promises broke." if broke else "Every promise held.")
    return 1 if broke or missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.payment_chaos")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="drawn if left out")
    parser.add_argument("--orders", type=int, default=20_000, help="of the first rounds together; 20,000")
    parser.add_argument("--rounds", type=int, default=10, help="each of a tenth of the orders; 10")
    parser.add_argument("--hits", type=int, default=200, help="fewest hits of each fault; 200")
    parser.add_argument("--until-hit", action="store_true", help="add rounds until each was hit that often")
    parser.add_argument("--probability", type=float, default=0.02, help="of a fault at each point; 0.02")
    parser.add_argument(
        "--shortest", type=float, default=SHORTEST, help="shortest storm, in times of a claim's calls; 75"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
