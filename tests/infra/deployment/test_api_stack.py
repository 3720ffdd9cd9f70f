"""API stack made by Zappa, in every state that a failed or interrupted deployment leaves."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from infra.deployment import cloud_stack, zappa_command
from infra.deployment.api_stack import ApiStack
from infra.deployment.deployment import Deployment
from infra.deployment.stack_watch import StackWatch
from infra.errors import RolledBack, StackFailed, ZappaFailed
from infra.packaging.packaging_environment import PROJECT
from tests.infra.deployment.account import Account
from tests.infra.deployment.broken_stack import break_stack, breaking, stack_of
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import PATIENCE_SECONDS
from tests.support.release_zip import release_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

API = "subs-dev"
TEMPLATE = '{"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "subs-dev"}}}}'


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_stack, "INTERVAL", timedelta(0))
    monkeypatch.setattr(zappa_command, "INTERVAL", timedelta(milliseconds=50))


@pytest.fixture
def package(account: Account, tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    path.write_bytes(release_of("first", account.stage))
    return path


@pytest.fixture(autouse=True)
def checkout_stays_as_it_is() -> Iterator[None]:
    yield
    assert not list(PROJECT.glob("*-template-*.json"))


def test_first_deployment_that_failed_on_its_api_can_be_repeated_and_undone(
    deployment: Deployment, package: Path, answers: InjectedAnswers, prove_usable: Callable[[Deployment], None]
) -> None:
    answers.alter("cloudformation.CreateStack", breaking(API, "ROLLBACK_COMPLETE", Api="limit exceeded"))
    with pytest.raises(ZappaFailed, match=r"stack subs-dev is in ROLLBACK_COMPLETE: Api: limit exceeded\n"):
        deployment.upload(package)
    assert deployment.function.exists

    assert deployment.upload(package) == "update; the API was missing and was created again"

    assert deployment.api.exists
    assert boto3.client("apigateway").get_stages(restApiId=deployment.api.resource("Api"))["item"]
    deployment.function.delete()  # by hand
    assert deployment.upload(package) == "deploy"
    prove_usable(deployment)


def test_update_that_is_rolled_back_tells_its_own_reasons_and_blocks_nothing(
    stage_on_aws: RunningStage, answers: InjectedAnswers
) -> None:
    stage_on_aws.provide("good")
    break_stack(API, "UPDATE_ROLLBACK_COMPLETE", Api="of the first run")
    breaks = breaking(API, "UPDATE_ROLLBACK_IN_PROGRESS", Api="of the second run")
    answers.alter("cloudformation.UpdateStack", breaks, skip=len(["messaging"]))
    with pytest.raises(RolledBack) as raised:
        stage_on_aws.deploy("next")
    assert "is in UPDATE_ROLLBACK_IN_PROGRESS: Api: of the second run\n" in str(raised.value.__cause__)
    assert (stage_on_aws.served(), stage_on_aws.kept()) == ("good", ["good"])
    stack_of(API).status = "UPDATE_ROLLBACK_COMPLETE"

    stage_on_aws.prove_usable()


@pytest.mark.parametrize(
    "status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS", "DELETE_FAILED"]
)
def test_api_that_never_lived_is_cleared_away_before_an_upload(deployment: Deployment, status: str) -> None:
    deployment.api.client.create_stack(StackName=API, TemplateBody=TEMPLATE)
    break_stack(API, status)
    gateway = boto3.client("apigateway")
    if status == "DELETE_FAILED":  # a domain that leads to it is the usual reason
        gateway.create_domain_name(domainName="subscriptions.example.com")
        api_id = deployment.api.resource("Api")
        gateway.create_base_path_mapping(domainName="subscriptions.example.com", restApiId=api_id, stage="")

    assert not ApiStack(deployment.api, deployment.function, deployment.zappa(), gateway).prepare("role")

    assert deployment.api.status == ""


def test_api_that_a_person_must_repair_is_refused_before_anything_is_uploaded(
    deployment: Deployment, package: Path
) -> None:
    deployment.api.client.create_stack(StackName=API, TemplateBody=TEMPLATE)
    break_stack(API, "UPDATE_ROLLBACK_FAILED")
    with pytest.raises(StackFailed, match="continue-update-rollback --stack-name subs-dev`"):
        deployment.upload(package)
    assert not deployment.function.exists


def test_command_ends_at_its_limit_with_what_it_said_last(deployment: Deployment, answers: InjectedAnswers) -> None:
    zappa = replace(deployment.zappa(), limit=timedelta(0))
    with pytest.raises(ZappaFailed, match="zappa status dev did not finish within 0:00:00 and was ended: nothing"):
        zappa.run("status")


def test_watch_that_aws_does_not_answer_sees_no_failure(deployment: Deployment, answers: InjectedAnswers) -> None:
    watch = StackWatch.begin(deployment.messaging)
    break_stack(deployment.messaging.name, "UPDATE_ROLLBACK_COMPLETE", Topic="no such name")
    answers.refuse("cloudformation.DescribeStacks", "ExpiredToken", status=403)

    assert watch.failure() == ""
    assert "ExpiredToken" in watch.status
    assert "Topic: no such name" in watch.failure()


def test_zappa_ends_with_the_program_that_started_it(deployment: Deployment, answers: InjectedAnswers) -> None:
    arguments = ["status", "dev", "--settings_file", str(deployment.zappa().settings_file)]
    with subprocess.Popen(
        [sys.executable, "-m", "infra.deployment.bound_zappa", *arguments], stdin=subprocess.PIPE, cwd=PROJECT
    ) as process:
        assert process.stdin is not None
        hang_up: Callable[[], object] = process.stdin.close
        answers.before("lambda.ListVersionsByFunction", lambda: (hang_up(), process.wait(PATIENCE_SECONDS)))
        assert process.wait(PATIENCE_SECONDS) == 130
