"""A package for another machine runs first in a separate function, and not in the stage's if that fails."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.deployment import rollout
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused, SmokeTestFailed
from infra.lambda_local.moto_gaps.functions import Request
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.packaging.lambda_runtimes import RUNTIMES, runtime_of
from tests.infra.deployment.account import Account
from tests.infra.lambda_local.moto_gaps.recorder import Recorder
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

OTHER = next(runtime for runtime in RUNTIMES.values() if runtime != runtime_of())


class FirstRuns(Recorder):
    """Recorder of runs and their target machines."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[tuple[str, str, list[str], Any]] = []

    def invoke(self, function: Any, event: Any) -> InvocationResult:
        self.ran.append((function.function_name, function.run_time, function.architectures, event))
        return super().invoke(function, event)


@pytest.fixture
def runs(account: Account) -> Iterator[FirstRuns]:
    account.stage.update(architecture="arm64", runtime=OTHER.name)
    Request.runner = runs = FirstRuns()
    yield runs
    Request.runner = None


@pytest.fixture
def package(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    path.write_bytes(code_of("nothing"))
    return path


def functions() -> list[str]:
    return [function["FunctionName"] for function in boto3.client("lambda").list_functions()["Functions"]]


def test_it_runs_on_its_own_machine_and_leaves_nothing(account: Account, runs: FirstRuns, package: Path) -> None:
    account.deployment().run_first(package)
    assert runs.ran == [("subs-dev-first-run", OTHER.name, ["arm64"], {"manage": "check"})]
    assert functions() == []


def test_package_that_fails_there_never_reaches_the_stages_function(
    account: Account, runs: FirstRuns, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Deployment, "check_package", lambda *_: None)  # it has nothing in it
    runs.error = {"errorType": "Runtime.ImportModuleError", "errorMessage": "libpq.so.5: wrong ELF class"}
    with pytest.raises(SmokeTestFailed, match="wrong ELF class"):
        rollout.deploy(account.deployment(), Steps(), package)
    assert len(runs.ran) == 1
    assert functions() == []


def test_function_of_another_architecture_is_not_updated(released: Deployment, account: Account) -> None:
    account.stage["architecture"] = "arm64"
    account.with_stack, account.secret = False, None
    with pytest.raises(Refused, match=r"runs on x86_64, and the stage says arm64.*make undeploy"):
        account.deployment().check_there()
