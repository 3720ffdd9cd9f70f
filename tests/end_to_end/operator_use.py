"""Use of a deployment by an operator with Zappa's own commands and the committed settings file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3

from infra.deployment.deployment import Deployment
from infra.lambda_local.eventbridge.deployed_rules import deployed_rules
from infra.packaging.executed_packages import code_sha256
from tests.end_to_end.deployed_state import DeployedState, expect

SWEEP = "subscriptions.jobs.check_expired_subscriptions"

Check = Callable[[str], object]
"""Check a command's output. Raises NotAsDeployed."""


@dataclass(frozen=True)
class OperatorUse:
    """Zappa's commands and their effects. `package` is the zip of `make package`."""

    deployment: Deployment
    state: DeployedState
    package: Path

    def commands(self, other_release: str) -> Iterator[tuple[str, Check]]:
        """Yield command lines in the order of typing. `other_release` is a version with other code."""
        stage = self.deployment.stage_name
        yield f"zappa status {stage}", _shows(self.deployment.name)
        yield f"zappa invoke {stage} {SWEEP}", _shows("'remaining': 0")
        yield f"zappa manage {stage} check", _shows("no issues")
        yield f"zappa update {stage} --disable_progress", lambda _: self._check_update()
        steps = self.deployment.releases.steps_back(other_release)
        wanted = self._code(other_release)
        yield f"zappa rollback {stage} --num-rollback {steps}", lambda _: expect("code", self._code(), wanted)
        yield f"zappa unschedule {stage}", lambda _: expect("rules", deployed_rules(boto3.client("events")), [])
        yield f"zappa schedule {stage}", lambda _: self.state.check_schedule()
        yield f"zappa undeploy {stage} --yes", lambda _: self.state.check_nothing_left()
        yield f"zappa deploy {stage} --disable_progress", lambda _: self._check_update()

    def _check_update(self) -> None:
        expect("code", self._code(), code_sha256(self.package))
        self.state.check_schedule()

    def _code(self, version: str = "$LATEST") -> str:
        client = boto3.client("lambda")
        return client.get_function_configuration(FunctionName=self.deployment.name, Qualifier=version)["CodeSha256"]


def _shows(text: str) -> Check:
    return lambda printed: expect(f"{text!r} in {printed!r}", text in printed, True)
