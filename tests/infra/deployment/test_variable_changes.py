"""Function variables: exactly those of the settings, regardless of earlier releases and manual changes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.deployment import polling
from infra.deployment.deployment import Deployment
from infra.deployment.deployment_settings import DEPLOYED_AT
from infra.deployment.variable_changes import VariableChanges
from tests.infra.deployment.running_stage import RunningStage
from tests.infra.deployment.test_settling import UPDATING, shown
from tests.support.injected_answers import InjectedAnswers
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


def found() -> Any:
    return boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")


def given_to_zappa(deployment: Deployment) -> Any:
    path = deployment.directory / "zappa_settings-dev.json"
    return json.loads(path.read_text(encoding="utf-8"))["dev"]["aws_environment_variables"]


@pytest.fixture
def deployed(stage_on_aws: RunningStage) -> Deployment:
    """Return a release with a variable and a network that the next one lacks, and with a manually set variable."""
    stage_on_aws.provide("before")
    stage_on_aws.deployment.function.configure(
        {
            "FunctionName": "subs-dev",
            "Environment": {
                "Variables": {"RENEWAL_ALLOWED_TO": "everybody", "BY_HAND": "confidential", "SITE_URL": "before"}
            },
            "VpcConfig": {
                "SubnetIds": ["subnet-1"],
                "SecurityGroupIds": ["sg-1"],
                "Ipv6AllowedForDualStack": True,
            },
        }
    )
    return stage_on_aws.deployment


def test_variable_removed_from_the_settings_is_removed_from_the_function(
    stage_on_aws: RunningStage,
    deployed: Deployment,
    tmp_path: Path,
    answers: InjectedAnswers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(polling, "INTERVAL", timedelta(0))
    package = tmp_path / "package.zip"
    package.write_bytes(code_of("now", "2" * 40))
    answers.alter("lambda.GetFunction", shown(**UPDATING), times=3)

    assert deployed.upload(package) == "update; removed the variables BY_HAND, RENEWAL_ALLOWED_TO"

    assert answers.calls[: answers.calls.index("lambda.UpdateFunctionCode")].count("lambda.GetFunction") >= 4
    variables = given_to_zappa(deployed)
    assert found()["Environment"]["Variables"] == variables
    assert variables["SITE_URL"] == "https://dev.subscriptions.example.com"
    assert variables[DEPLOYED_AT]
    assert found()["VpcConfig"]["SubnetIds"] == []
    assert found()["Description"].startswith("commit 222222222222. Subscriptions")
    stage_on_aws.prove_usable()


def test_nothing_is_written_where_nothing_differs(released: Deployment, answers: InjectedAnswers) -> None:
    assert not released.function.set_variables(released.function.variables)
    assert "lambda.UpdateFunctionConfiguration" not in answers.calls


def test_changes_are_told_by_name() -> None:
    found = {"A": "1", "B": "1", "C": "secret", "D": "1", DEPLOYED_AT: "then"}
    wanted = {"A": "1", "B": "2", "E": "1", "F": "1", DEPLOYED_AT: "now"}

    changes = VariableChanges.between(found, wanted)

    assert changes == VariableChanges(added=("E", "F"), changed=("B",), removed=("C", "D"))
    assert str(changes) == "added E, F; changed B; removed C, D"
    assert not VariableChanges.between(wanted, wanted | {DEPLOYED_AT: "later"})
    assert str(VariableChanges.between(wanted, wanted)) == "no change"
