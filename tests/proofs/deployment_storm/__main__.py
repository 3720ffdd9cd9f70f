"""Deployment storm: `make storm`, or `python -m tests.proofs.deployment_storm --seed 7 --steps 60`.

Runs the real commands in separate processes against the local AWS; only the deployed code is not executed (see
site.py). Prints each step and the running release, and fails if a promise broke.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import django

from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.emulator.moto_server import MotoServer
from infra.lambda_local.moto_gaps.functions import Request
from infra.packaging.local_environment import be_local
from tests.end_to_end.deploy_local import quieten_moto
from tests.infra.deployment.account import Account
from tests.proofs.deployment_storm.judge import Judge
from tests.proofs.deployment_storm.site import StormSite
from tests.proofs.deployment_storm.storm import Storm
from tests.support.injected_answers import InjectedAnswers

STEPS = 60
TOPIC = "arn:aws:sns:us-east-1:123456789012:subscription-events"
SENDER = "subscriptions@dev.subscriptions.example.com"


def main(arguments: Sequence[str]) -> int:
    """Run a storm. Return 1 if a promise broke."""
    given = _parser().parse_args(arguments)
    quieten_moto()
    be_local(DJANGO_SETTINGS_MODULE="config.settings")
    django.setup()
    answers = InjectedAnswers()
    started = time.monotonic()
    with LocalAWS(topic_arn=TOPIC, from_address=SENDER, emulator=MotoServer(answers.around)):
        problems = play(given.seed, given.steps, answers, Path(tempfile.mkdtemp(prefix="deployment-storm-")))
    print(f"{given.steps} steps in {time.monotonic() - started:.0f} s.")
    print(*problems or ["Every promise held."], sep="\n")
    return 1 if problems else 0


def play(seed: int, steps: int, answers: InjectedAnswers, directory: Path) -> list[str]:
    """Run a storm on an empty local AWS. Return the violations."""
    print(f"Seed {seed}; logs in {directory}", flush=True)
    account = directory / "account"
    account.mkdir()
    Account(account).deployment()
    with _site() as site:
        storm = Storm(seed, answers, Judge(site, directory / "judge"), directory)
        storm.play(steps)
    return storm.problems


@contextmanager
def _site() -> Iterator[StormSite]:
    """Run the functions of the local AWS on the site."""
    with StormSite() as site:
        Request.runner = site
        try:
            yield site
        finally:
            Request.runner = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.deployment_storm", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="of the storm; any by default")
    parser.add_argument("--steps", type=int, default=STEPS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
