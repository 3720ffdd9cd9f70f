"""Release whose jobs and handler have different names than in the previous release."""

from typing import Any

import boto3
import pytest

from infra.deployment.deployment import Deployment
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

MOVED = {"config.operations.jobs.delete_old_rows": "config.jobs.delete_old_rows"}
HANDLERS = {"before": "config.lambda_handler.lambda_handler", "after": "config.aws_lambda.handler.lambda_handler"}


def rules() -> set[str]:
    return {rule["Name"].removeprefix("subs-dev-") for rule in boto3.client("events").list_rules()["Rules"]}


def handler() -> str:
    return boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")["Handler"]


def rename(stage: RunningStage, handler: str, jobs: dict[str, str]) -> None:
    """Use these names in the stage's settings and in releases packaged from now on."""
    stage.settings["lambda_handler"] = handler
    for event in stage.settings["events"]:
        if "name" in event:
            event["name"] = event["function"] = jobs.get(event["function"], event["function"])
    stage.write_settings()


def test_rules_and_handler_follow_the_release(
    stage_on_aws: RunningStage, answers: InjectedAnswers, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_on_aws
    moved, back = set(MOVED), set(MOVED.values())
    rename(stage, HANDLERS["before"], MOVED)
    with monkeypatch.context() as patch:
        patch.setattr(Deployment, "check_here", lambda _: None)  # this release no longer knows the names of that one
        stage.deploy("before")
    assert (rules() & (moved | back), handler()) == (back, HANDLERS["before"])

    rename(stage, HANDLERS["after"], {before: after for after, before in MOVED.items()})
    stage.deploy("after")
    assert (rules() & (moved | back), handler()) == (moved, HANDLERS["after"])

    seen: list[Any] = []
    answers.before("lambda.UpdateFunctionCode", lambda: seen.append(handler()))
    stage.rollback()
    assert (rules() & (moved | back), handler(), stage.served()) == (back, HANDLERS["before"], "before")
    assert seen == [HANDLERS["before"]], "code and handler would not have fitted until the end of the rollback"
