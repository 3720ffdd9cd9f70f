"""The storm's judge detects violations."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from infra.deployment.deployment import Deployment
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.packaging.lambda_runtimes import runtime_of
from tests.proofs.deployment_storm.console import Console
from tests.proofs.deployment_storm.judge import Judge
from tests.proofs.deployment_storm.release import Fails, StormRelease, make_release
from tests.proofs.deployment_storm.site import HANDLER_SETTING, NEEDED, StormSite

API = {"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "subs-dev"}}}}


@pytest.fixture
def judge(aws: LocalAWS, tmp_path: Path) -> Iterator[Judge]:
    with StormSite() as site:
        yield Judge(site, tmp_path / "judge")


@pytest.fixture
def works(judge: Judge, tmp_path: Path) -> StormRelease:
    """Return a running release that works."""
    release = make_release(tmp_path / "1", 1)
    judge.releases[release.sha256] = release
    boto3.client("iam").create_role(RoleName="subs", AssumeRolePolicyDocument="{}")
    boto3.client("lambda").create_function(
        FunctionName="subs-dev",
        Runtime=runtime_of().name,  # type: ignore[arg-type] # boto3's types list the names
        Role="arn:aws:iam::123456789012:role/subs",
        Handler=HANDLER_SETTING,
        Timeout=300,
        Code={"ZipFile": release.package.read_bytes()},
        Environment={"Variables": dict.fromkeys(NEEDED, "x")},
    )
    boto3.client("cloudformation").create_stack(StackName="subs-dev", TemplateBody=json.dumps(API))
    return release


@pytest.fixture
def deployment(judge: Judge, works: StormRelease) -> Deployment:
    return judge.deployment(works)


def run(release: StormRelease) -> None:
    boto3.client("lambda").update_function_code(FunctionName="subs-dev", ZipFile=release.package.read_bytes())


def test_release_that_is_kept_may_be_served(judge: Judge, works: StormRelease, deployment: Deployment) -> None:
    deployment.releases.keep(works.sha256)
    assert judge.serving() == (200, works.sha256)
    assert [*judge.problems("", [])] == []


def test_release_that_is_not_kept_may_not_be_served(judge: Judge, works: StormRelease) -> None:
    assert [*judge.problems("", [])] == ["release 1 is served"]
    assert [*judge.problems(works.sha256, [])] == []


def test_release_that_fails_may_not_be_kept(judge: Judge, deployment: Deployment, tmp_path: Path) -> None:
    broken = make_release(tmp_path / "2", 2, Fails.AT_ITS_PAGE)
    judge.releases[broken.sha256] = broken
    run(broken)
    deployment.releases.keep(broken.sha256)
    assert judge.serving() == (500, broken.sha256)
    assert [*judge.problems("", [])] == ["release 2, failing at its page is kept"]


def test_code_of_the_console_may_not_be_served(judge: Judge, deployment: Deployment) -> None:
    Console(deployment, random.Random(1)).replace_code()
    assert [*judge.problems("", [])] == ["code of no release is served"]


def test_what_is_left_is_told(judge: Judge, works: StormRelease) -> None:
    (told,) = judge.left()
    found = {"CloudFormation stacks": ["subs-dev"], "Lambda functions": ["subs-dev"], "REST APIs": ["subs-dev"]}
    assert told == f"undeployed, and left: {found} where {{}} should be"
