"""Commands use the stage's region and account, regardless of the shell."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest

from infra.deployment import aws_account, deploy
from infra.deployment.deployment import Deployment
from infra.errors import Refused
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage
from tests.infra.deployment.typed_command import TypedCommand
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

ELSEWHERE = "eu-central-1"


SHELL: dict[str, str | None] = dict.fromkeys(aws_account.REGION, ELSEWHERE)
Main = Callable[..., int]


def left_in(region: str) -> tuple[list[str], list[str], list[str]]:
    """Return functions, rules and APIs in the region."""
    functions = boto3.client("lambda", region_name=region).list_functions()["Functions"]
    rules = boto3.client("events", region_name=region).list_rules()["Rules"]
    apis = boto3.client("apigateway", region_name=region).get_rest_apis()["items"]
    return [found["FunctionName"] for found in functions], [rule["Name"] for rule in rules], [api["id"] for api in apis]


def test_shell_of_another_region_neither_splits_nor_hides_a_deployment(
    stage_on_aws: RunningStage, answers: InjectedAnswers, main: Main, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = stage_on_aws.deployment
    for name in aws_account.REGION:
        monkeypatch.setenv(name, ELSEWHERE)
    package = stage_on_aws.package("first")
    monkeypatch.setitem(deploy.COMMANDS, "deploy", lambda deployment, steps, given: deployment.upload(package))
    answers.forget()

    assert main(["deploy", "dev"], lambda _: deployment) == 0

    assert answers.regions == {"us-east-1"}
    functions, rules, apis = left_in("us-east-1")
    assert (functions, len(rules), len(apis)) == (["subs-dev"], 8, 1)
    assert left_in(ELSEWHERE) == ([], [], [])
    stage_on_aws.prove_deployable()
    assert left_in(ELSEWHERE) == ([], [], [])

    answers.forget()
    said = TypedCommand(SHELL).deploy("undeploy", "dev", typed="dev\n")

    assert said.status == 0, said
    assert answers.regions == {"us-east-1"}
    assert left_in("us-east-1") == ([], [], [])


def test_secret_key_is_changed_in_the_stages_region(account: Account, answers: InjectedAnswers) -> None:
    account.deployment()
    answers.forget()
    said = TypedCommand(SHELL).run("infra.deployment.secret_key", "rotate", "dev")
    assert (said.status, answers.regions) == (0, {"us-east-1"}), said


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "nowhere", None])
def test_region_of_another_partition_is_refused_before_aws_is_asked(
    account: Account, answers: InjectedAnswers, main: Main, capsys: pytest.CaptureFixture[str], region: str | None
) -> None:
    account.stage["aws_region"], account.with_stack = region, False
    deployment = account.deployment()
    answers.forget()
    assert main(["undeploy", "dev"], lambda _: deployment) == 1
    assert "Use a region of the partition aws, such as eu-central-1" in capsys.readouterr().err
    assert answers.calls == []


@pytest.mark.parametrize("partition", [b"aws-cn", b"aws-us-gov"])
def test_credentials_of_another_partition_are_refused(
    aws: LocalAWS,
    answers: InjectedAnswers,
    main: Main,
    capsys: pytest.CaptureFixture[str],
    partition: bytes,
) -> None:
    answers.alter("sts.GetCallerIdentity", lambda body: body.replace(b"arn:aws:", b"arn:" + partition + b":"))
    assert main(["deploy", "dev"], Deployment) == 1
    assert f"credentials are for the partition {partition.decode()}" in capsys.readouterr().err
    assert answers.calls == ["sts.GetCallerIdentity"]


@pytest.mark.parametrize("key", ["role_arn", "dead_letter_arn", "events", "SNS_TOPIC_ARN"])
@pytest.mark.usefixtures("main")
def test_credentials_of_another_account_are_refused(account: Account, key: str) -> None:
    stage = account.stage
    holder = stage["aws_environment_variables"] if key.startswith("SNS") else stage
    if key == "events":
        (holder,) = (event["event_source"] for event in stage["events"] if "event_source" in event)
        key = "arn"
    holder[key] = holder[key].replace("123456789012", "999999999999")
    with pytest.raises(Refused, match="is of account 999999999999, and these credentials are for 123456789012"):
        aws_account.enter(account.deployment().stage)


@pytest.mark.usefixtures("main")
def test_profile_of_the_settings_is_everybodys(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.stage["profile_name"], account.with_stack = "subscriptions", False
    stage = account.deployment().stage
    for key in aws_account.KEYS:
        monkeypatch.setenv(key, "of another account")
    monkeypatch.setenv("AWS_PROFILE", "another")
    monkeypatch.setattr(aws_account, "account_problems", lambda stage: [])

    aws_account.enter(stage)

    assert os.environ["AWS_PROFILE"] == "subscriptions"
    assert not set(aws_account.KEYS) & set(os.environ)


@pytest.mark.parametrize("command", [["undeploy", "--yes"], ["schedule"]])
def test_zappas_own_command_in_another_region_is_refused(
    aws: LocalAWS, answers: InjectedAnswers, command: list[str]
) -> None:
    said = TypedCommand(SHELL).run("zappa.cli", command[0], "dev", *command[1:])
    assert said.status == 1
    assert f"The shell's region is {ELSEWHERE}, but dev is in us-east-1" in said.out + said.err
    assert answers.calls == []


LOADED = """
import json, sys, infra.deployment.deploy, infra.deployment.secret_key
print(json.dumps([m.__file__ for name, m in sys.modules.items() if name.startswith("infra.") and m.__file__]))
"""


def clients_of(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"boto3.client", "boto3.resource"}:
            yield node


def test_each_client_of_a_command_names_its_region() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    calls = [(path, call) for path in json.loads(loaded.stdout) for call in clients_of(Path(path))]
    assert len(calls) > 10
    without = [(path, call.lineno) for path, call in calls if "region_name" not in {key.arg for key in call.keywords}]
    assert without == []
