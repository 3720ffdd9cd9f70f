"""`make releases`: kept releases, and the live one."""

import re

import boto3
import pytest

from infra.deployment.deployment import Deployment
from infra.deployment.release_record import ReleaseRecords, show
from infra.errors import NoRelease
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC")


def lines(deployment: Deployment) -> list[str]:
    """Return the table without times."""
    said = ReleaseRecords(deployment.releases).lines()
    return [" ".join(TIME.sub("", line).split()) for line in said]


@pytest.fixture
def live(stage_on_aws: RunningStage) -> RunningStage:
    """Return a stage with two releases, the second of which is live."""
    stage_on_aws.provide("first")
    deployment, functions = stage_on_aws.deployment, boto3.client("lambda")
    functions.update_function_code(FunctionName="subs-dev", ZipFile=stage_on_aws.package("second").read_bytes())
    deployment.releases.keep(deployment.releases.code_sha256("$LATEST"), "commit 0123456789ab, dirty")
    return stage_on_aws


def test_releases_are_shown_with_the_live_one_and_the_one_to_go_back_to(live: RunningStage) -> None:
    assert lines(live.deployment) == [
        "version commit kept since",
        "2 0123456789ab, dirty live",
        "1 000000000000 `make rollback` goes here",
    ]


def test_live_release_is_known_by_its_content_and_not_by_its_position(live: RunningStage) -> None:
    first = (live.directory / "first.zip").read_bytes()
    boto3.client("lambda").update_function_code(FunctionName="subs-dev", ZipFile=first)
    assert lines(live.deployment)[1:] == [
        "2 0123456789ab, dirty `make rollback` goes here",
        "1 000000000000 live",
    ]


def test_code_that_was_not_kept_is_told_of(live: RunningStage) -> None:
    boto3.client("lambda").update_function_code(FunctionName="subs-dev", ZipFile=code_of("hotfix"))
    assert lines(live.deployment)[-1] == "What runs is none of them: commit not recorded, changed ."


def test_code_of_a_release_with_other_variables_is_told_of(live: RunningStage) -> None:
    boto3.client("lambda").update_function_configuration(
        FunctionName="subs-dev", Environment={"Variables": {"LOG_LEVEL": "ERROR"}}
    )
    assert lines(live.deployment)[-1] == "Its code is that of version 2; its configuration is not."


def test_stage_to_which_nothing_is_deployed_has_none(account: Account) -> None:
    with pytest.raises(NoRelease, match="run `make deploy STAGE=dev`"):
        show(account.deployment())
