"""`python -m infra.deployment.deploy`, as an operator sees it."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from infra.deployment import rollout
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused
from infra.local.local_aws import LocalAWS
from tests.patience import PATIENCE_SECONDS


def test_unknown_stage_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="no stage nowhere; it has dev, production"):
        rollout.deploy(Deployment("nowhere"), Steps())


@pytest.fixture
def command(aws: LocalAWS) -> Callable[..., tuple[int, str]]:
    """`python -m infra.deployment.deploy`, with what it says."""

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "infra.deployment.deploy", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def test_refusal_is_a_sentence_and_a_failing_status(command: Callable[..., tuple[int, str]]) -> None:
    status, said = command("data", "dev")
    assert status == 1
    assert "there is no stack subs-dev-messaging: run `make stack STAGE=dev` first" in said
    assert "Traceback" not in said
