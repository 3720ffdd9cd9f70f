"""Account with a function that has releases."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import boto3
import pytest

from infra.deployment import deploy, zappa_command
from infra.deployment.deployment import Deployment
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage, running
from tests.support.release_zip import code_of, release_of


@pytest.fixture(autouse=True)
def zappa_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove Zappa's waits, because the local AWS finishes before it responds."""
    monkeypatch.setattr(zappa_command, "MODULE", "tests.infra.deployment.zappa_without_pauses")


@pytest.fixture
def account(aws: LocalAWS, tmp_path: Path) -> Account:
    return Account(tmp_path)


@pytest.fixture
def deployment(account: Account) -> Deployment:
    """Return the account's deployment with only the messaging stack."""
    return account.deployment()


@pytest.fixture
def released(deployment: Deployment, account: Account) -> Deployment:
    """Return a deployment with three versions, each with its own configuration, the first two of them kept."""
    functions = boto3.client("lambda")
    role = deployment.outputs()["RoleArn"]
    functions.create_function(
        FunctionName="subs-dev", Runtime="python3.11", Role=role, Handler="a.a", Code={"ZipFile": code_of("0")}
    )
    for number in range(3):
        code = release_of(str(number), account.stage)
        functions.update_function_code(FunctionName="subs-dev", ZipFile=code, Publish=True)
        functions.update_function_configuration(FunctionName="subs-dev", Timeout=100 + number)
        if number < 2:
            deployment.releases.keep(deployment.releases.code_sha256("$LATEST"), f"commit {number}")
    return deployment


@pytest.fixture
def stage_on_aws(deployment: Deployment, account: Account) -> Iterator[RunningStage]:
    """Return a stage before its first deployment."""
    with running(deployment, account.stage) as stage:
        yield stage


@pytest.fixture
def prove_usable(account: Account) -> Callable[[Deployment], None]:
    """Return a check that a deployment can be deployed, rolled back and undeployed."""

    def prove(deployment: Deployment) -> None:
        with running(deployment, account.stage) as stage:
            stage.prove_usable()

    return prove


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the terminal input."""
    return lambda words: monkeypatch.setattr(sys, "stdin", io.StringIO(f"{words}\n"))


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Yield the command line in this process, with set-up Django, and restore the environment afterwards."""
    monkeypatch.setattr("django.setup", lambda: None)
    with mock.patch.dict(os.environ):
        yield deploy.main
