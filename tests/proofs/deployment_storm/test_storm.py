"""Short storm. `make storm` runs a long one."""

from pathlib import Path

import pytest

from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.proofs.deployment_storm.__main__ import play
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

SEED, STEPS = 11, 1
"""Seed of a release that fails its smoke test, whose deployment is killed before the rollback."""


def test_every_promise_holds(aws: LocalAWS, answers: InjectedAnswers, tmp_path: Path) -> None:
    assert play(SEED, STEPS, answers, tmp_path) == []
