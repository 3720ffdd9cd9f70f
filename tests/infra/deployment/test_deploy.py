"""Deployment plan: refusals before any change, and resumption after interruptions."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from click import ClickException
from django.conf import LazySettings
from moto.cloudformation.models import cloudformation_backends

from infra.deployment import provisioning, rollout, teardown
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import DeployError, DirtyRelease, NotAsPackaged, NotConfirmed, Refused, ZappaFailed
from infra.lambda_local.account import ACCOUNT
from infra.packaging import zappa_hooks
from infra.packaging.release import Release
from tests.infra.deployment.account import SECRET, Account
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a minimal zip."""
    path = tmp_path / "package.zip"
    path.write_bytes(code_of("nothing"))
    return path


def change_event(account: Account, **changes: Any) -> None:
    account.stage["events"] = [account.stage["events"][0] | changes]


def change_queue(account: Account, arn: str) -> None:
    (event,) = (event for event in account.stage["events"] if "event_source" in event)
    event["event_source"]["arn"] = arn


def set_secret(account: Account, secret: dict[str, str] | None) -> None:
    account.secret = secret


BROKEN: dict[str, tuple[Callable[[Account], object], str]] = {
    "no stack": (lambda account: setattr(account, "with_stack", False), "run `make stack STAGE=dev` first"),
    "unknown function": (
        lambda account: change_event(account, function="subscriptions.jobs.gone"),
        "subscriptions.jobs.gone cannot be imported",
    ),
    "bad rate": (lambda account: change_event(account, expression="rate(1 minutes)"), r"rate\(1 minutes\)"),
    "debug": (lambda account: account.stage.update(debug=True), "debug must be false"),
    "another role": (
        lambda account: account.stage.update(role_arn="arn:aws:iam::123456789012:role/other"),
        "set it to arn:aws:iam::123456789012:role/subs-dev-lambda",
    ),
    "another queue": (
        lambda account: change_queue(account, "arn:aws:sqs:us-east-1:123456789012:subs-production-feedback"),
        "the event_source of notifications.jobs.handle_ses_feedback in zappa_settings.json is no queue of the stack's",
    ),
    "no secret": (lambda account: set_secret(account, None), "has no SECRET_KEY and no DATABASE_URL"),
    "no database": (lambda account: set_secret(account, {"SECRET_KEY": "a"}), "has no DATABASE_URL"),
    "SQLite": (lambda account: set_secret(account, SECRET | {"DATABASE_URL": "sqlite:////tmp/x"}), "Use PostgreSQL"),
    "other database": (
        lambda account: set_secret(account, SECRET | {"DATABASE_URL": "mysql://h/x"}),
        "must be postgres",
    ),
    "database without a host": (
        lambda account: set_secret(account, SECRET | {"DATABASE_URL": "postgres://user:pass/word@host/x"}),
        "must be postgres.*escaped",
    ),
    "no site": (
        lambda account: account.stage["aws_environment_variables"].pop("SITE_URL"),
        "must have ALLOWED_HOSTS, SITE_URL, SES_FROM_ADDRESS",
    ),
    "unverified sender": (lambda account: setattr(account, "verified", ""), "SES does not take mail from"),
    "other sender": (lambda account: setattr(account, "verified", "other@example.org"), "SES does not take mail from"),
}


def nothing_is_there() -> bool:
    functions = boto3.client("lambda").list_functions()["Functions"]
    rules = boto3.client("events").list_rules()["Rules"]
    return not functions and not rules and not boto3.client("apigateway").get_rest_apis()["items"]


@pytest.mark.parametrize("case", BROKEN)
def test_partial_deployment_is_refused_and_nothing_created(account: Account, package: Path, case: str) -> None:
    break_it, says = BROKEN[case]
    break_it(account)
    with pytest.raises(Refused, match=says):
        rollout.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_everything_that_is_wrong_on_aws_is_told_at_once(account: Account, package: Path) -> None:
    account.secret, account.verified = {"SECRET_KEY": "a"}, ""
    with pytest.raises(Refused, match=r"(?s)no DATABASE_URL.*does not take mail"):
        rollout.deploy(account.deployment(), Steps(), package)


def test_package_that_would_not_work_is_refused(account: Account, package: Path) -> None:
    with pytest.raises(Refused, match=r"zappa_settings\.py"):
        rollout.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_package_that_is_too_large_is_refused(account: Account, package: Path) -> None:
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("ballast", b"\0" * (26 << 20))
    with pytest.raises(Refused, match="too large"):
        rollout.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_secret_key_is_made_once_and_the_rest_kept(account: Account) -> None:
    account.secret = {"password": "of the database"}
    deployment = account.deployment()

    assert [deployment.secret.complete() for _ in range(2)] == [True, False]
    text = boto3.client("secretsmanager").get_secret_value(SecretId="subs-dev/function")["SecretString"]
    secret = json.loads(text)
    assert (len(secret["SECRET_KEY"]) >= 50, secret["password"]) == (True, "of the database")


def network(subnets: str, host: str = "proxy.example.com") -> str:
    """Return the outputs of data.yaml. moto does not support its IPv6; cfn-lint checks the template."""
    outputs = {"SubnetIds": subnets, "SecurityGroupIds": "sg-1", "Ipv6AllowedForDualStack": "true"}
    outputs["DatabaseHost"] = host
    return json.dumps(
        {
            "Parameters": {
                **{name: {"Type": "String"} for name in ("Project", "Stage", "Engine")},
                **{name: {"Type": "String", "Default": ""} for name in ("MinCapacity", "UseProxy")},
            },
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "network"}}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def test_database_has_a_stack_of_its_own(account: Account) -> None:
    deployment = replace(account.deployment(), templates=account.directory)
    (account.directory / "data.yaml").write_text(network("subnet-1,subnet-2"))
    provisioning.data(deployment, {}, Steps())

    settings = json.loads(deployment.zappa().settings_file.read_text())["dev"]
    assert settings["vpc_config"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
        "Ipv6AllowedForDualStack": True,
    }
    assert settings["aws_environment_variables"]["AWS_USE_DUALSTACK_ENDPOINT"] == "true"
    assert settings["aws_environment_variables"]["DATABASE_HOST"] == "proxy.example.com"


def test_database_without_the_stack_that_holds_its_secret_is_refused(account: Account) -> None:
    account.with_stack = False
    with pytest.raises(Refused, match="make stack"):
        provisioning.data(account.deployment(), {}, Steps())


def test_stack_is_updated_only_where_something_changed(account: Account) -> None:
    deployment = account.deployment()

    assert [deployment.update_stack(given) for given in ({}, {"LogRetentionDays": "7"}, {})] == [False, True, False]
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName="subs-dev-messaging")["Stacks"]
    values = {given["ParameterKey"]: given["ParameterValue"] for given in stack["Parameters"]}
    assert (values["LogRetentionDays"], values["SilentMinutes"]) == ("7", "5")


@pytest.mark.parametrize(("provider", "takes"), [("", "false"), ("manual", "true"), ("stripe", "true")])
def test_money_is_watched_where_payments_are_on(
    account: Account, settings: LazySettings, provider: str, takes: str
) -> None:
    settings.PAYMENT_PROVIDER = provider
    deployment = account.deployment()
    deployment.update_stack()
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName=deployment.messaging.name)["Stacks"]
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert parameters["TakesPayments"] == takes


def test_stack_whose_first_attempt_failed_is_made_anew(account: Account) -> None:
    deployment = account.deployment()
    (stack,) = cloudformation_backends[ACCOUNT]["us-east-1"].stacks.values()
    stack.status = "ROLLBACK_COMPLETE"

    assert not deployment.messaging.exists
    with pytest.raises(Refused, match="make stack"):
        deployment.outputs()
    assert deployment.update_stack()
    assert deployment.outputs()["FunctionName"] == "subs-dev"


def test_function_without_an_api_gets_one_and_keeps_its_releases(released: Deployment, package: Path) -> None:
    kept = released.releases.kept()

    assert released.upload(package) == "update; the API was missing and was created again"

    assert released.api.exists
    assert released.releases.kept() == kept


def test_error_that_zappa_only_prints_is_an_error(account: Account) -> None:
    with pytest.raises(ZappaFailed, match="We do not have 1 revisions"):
        account.deployment().zappa().run("rollback", "--num-rollback", "1")


@pytest.fixture
def changed_tree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Change a module in the working tree."""
    release = Release(tmp_path, commit="0" * 40, changes=("subscriptions/sweep.py",), files=())
    monkeypatch.setattr(Release, "read", lambda: release)


def test_uncommitted_changes_are_not_deployed(account: Account, changed_tree: None) -> None:
    with pytest.raises(DirtyRelease, match=r"(?s)subscriptions/sweep\.py.*Commit"):
        rollout.deploy_commit(account.deployment(), Steps())
    assert nothing_is_there()


@pytest.mark.parametrize("command", ["deploy", "update"])
def test_zappas_own_command_uploads_nothing_to_aws_that_is_not_committed(
    changed_tree: None, command: str, tmp_path: Path
) -> None:
    aws = boto3.client("lambda", endpoint_url="https://lambda.us-east-1.amazonaws.com")
    unfinished = tmp_path / "unfinished.zip"
    unfinished.touch()
    zappa = SimpleNamespace(
        command=command, vargs={}, zappa=SimpleNamespace(lambda_client=aws), zip_path=str(unfinished)
    )
    with pytest.raises(ClickException, match=r"subscriptions/sweep\.py"):
        zappa_hooks.finish(zappa)
    assert not unfinished.exists()


def test_running_code_is_compared_with_the_package(released: Deployment, tmp_path: Path) -> None:
    package = tmp_path / "package.zip"
    package.write_bytes(code_of("new", "0123456789abcdef", dirty=True))
    with pytest.raises(NotAsPackaged, match="Deploy again"):
        released.compare(package)

    released.function.client.update_function_code(FunctionName="subs-dev", ZipFile=package.read_bytes())
    assert released.compare(package) == "the same; commit 0123456789ab, dirty; not run here"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the terminal input."""
    return lambda words: monkeypatch.setattr(sys, "stdin", io.StringIO(f"{words}\n"))


@pytest.mark.parametrize("answer", ["", "y", "yes", "production", "Dev"])
def test_nothing_is_deleted_before_the_stage_is_typed(
    released: Deployment, typed: Callable[[str], None], answer: str
) -> None:
    typed(answer)
    with pytest.raises(NotConfirmed):
        teardown.undeploy(released, Steps())
    assert released.function.exists


def test_stack_of_a_function_that_runs_is_not_deleted(released: Deployment, typed: Callable[[str], None]) -> None:
    typed("dev")
    with pytest.raises(DeployError, match="make undeploy STAGE=dev"):
        teardown.delete_stack(released, Steps())
    assert released.messaging.exists


def test_remains_of_an_interrupted_deployment_are_removed(released: Deployment, typed: Callable[[str], None]) -> None:
    typed("dev")
    teardown.undeploy(released, Steps())
    assert not released.function.exists
