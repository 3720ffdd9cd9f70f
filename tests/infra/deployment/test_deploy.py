"""The plan of a deployment: what it refuses before anything is there, and how it goes on after an interruption."""

import io
import json
import sys
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.ses.models import ses_backends

from infra.deployment import deploy
from infra.deployment.deployed_state import DeployedState
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import DeployError, NotConfirmed, Refused, ZappaFailed
from infra.local.local_aws import ACCOUNT, LocalAWS
from infra.local.zappa_stage import SETTINGS_FILE
from tests.infra.deployment.test_moto_gaps import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

DATABASE = "postgres://user:password@database.example.com:5432/subscriptions"
SECRET = {"SECRET_KEY": "a-key", "DATABASE_URL": DATABASE}


def dev() -> dict[str, Any]:
    """The shipped stage, to be changed."""
    stage: dict[str, Any] = json.loads(SETTINGS_FILE.read_text(encoding="utf-8"))["dev"]
    return stage


@dataclass
class Account:
    """An account in which everything is as a deployment wants it, unless a test says otherwise."""

    directory: Path
    stage: dict[str, Any] = field(default_factory=dev)
    secret: dict[str, str] | None = field(default_factory=SECRET.copy)
    verified: str = "subscriptions@dev.subscriptions.example.com"
    with_stack: bool = True

    def deployment(self) -> Deployment:
        """Make all of it."""
        path = self.directory / "zappa_settings.json"
        path.write_text(json.dumps({"dev": self.stage}), encoding="utf-8")
        deployment = Deployment("dev", path, directory=self.directory / "build")
        if self.with_stack:
            deployment.update_stack()
        if self.secret is not None:
            client = boto3.client("secretsmanager")
            client.create_secret(Name="subs-dev/function", SecretString=json.dumps(self.secret))
        boto3.client("sesv2").create_email_identity(EmailIdentity="example.net")
        if self.verified:
            with suppress(boto3.client("sesv2").exceptions.AlreadyExistsException):
                boto3.client("sesv2").create_email_identity(EmailIdentity=self.verified)
            ses_backends[ACCOUNT]["us-east-1"].email_identities[self.verified].verified_for_sending_status = True
        return deployment


@pytest.fixture
def account(aws: LocalAWS, tmp_path: Path) -> Account:
    return Account(tmp_path)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A zip with nothing much in it."""
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
    "another account": (
        lambda account: account.stage.update(role_arn="arn:aws:iam::999999999999:role/subs-dev-lambda"),
        "role_arn in zappa_settings.json is of account 999999999999, and these credentials are for 123456789012",
    ),
    "another role": (
        lambda account: account.stage.update(role_arn="arn:aws:iam::123456789012:role/other"),
        "set it to arn:aws:iam::123456789012:role/subs-dev-lambda",
    ),
    "queue of another account": (
        lambda account: change_queue(account, "arn:aws:sqs:us-east-1:999999999999:subs-dev-feedback"),
        "the event_source of notifications.jobs.handle_ses_feedback in zappa_settings.json is of account 999999999999",
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
def test_what_would_deploy_half_is_refused_and_nothing_made(account: Account, package: Path, case: str) -> None:
    break_it, says = BROKEN[case]
    break_it(account)
    with pytest.raises(Refused, match=says):
        deploy.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_everything_that_is_wrong_on_aws_is_told_at_once(account: Account, package: Path) -> None:
    account.secret, account.verified = {"SECRET_KEY": "a"}, ""
    with pytest.raises(Refused, match=r"(?s)no DATABASE_URL.*does not take mail"):
        deploy.deploy(account.deployment(), Steps(), package)


def test_verified_domain_is_enough(account: Account) -> None:
    account.verified = "subscriptions.example.com"
    account.deployment().check_there()


def test_package_that_would_not_work_is_refused(account: Account, package: Path) -> None:
    with pytest.raises(Refused, match=r"zappa_settings\.py"):
        deploy.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_package_that_is_too_large_is_refused(account: Account, package: Path) -> None:
    with zipfile.ZipFile(package, "a") as archive:
        archive.writestr("ballast", b"\0" * (26 << 20))
    with pytest.raises(Refused, match="too large"):
        deploy.deploy(account.deployment(), Steps(), package)
    assert nothing_is_there()


def test_secret_key_is_made_once_and_the_rest_kept(account: Account) -> None:
    account.secret = {"password": "of the database"}
    deployment = account.deployment()

    assert [deployment.secret.complete() for _ in range(2)] == [True, False]
    text = boto3.client("secretsmanager").get_secret_value(SecretId="subs-dev/function")["SecretString"]
    secret = json.loads(text)
    assert (len(secret["SECRET_KEY"]) >= 50, secret["password"]) == (True, "of the database")


def test_database_url_is_asked_for_and_goes_into_the_secret(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.secret = {"SECRET_KEY": "a-key"}
    deployment = account.deployment()
    for typed, says in [
        ("", "nothing was typed"),
        ("sqlite:///x", "Use PostgreSQL"),
        ("mysql://h/x", "must be postgres"),
    ]:
        monkeypatch.setattr("getpass.getpass", lambda _, typed=typed: typed)
        with pytest.raises(Refused, match=says):
            deploy.database_url(deployment)
    monkeypatch.setattr("getpass.getpass", lambda _: DATABASE)
    deploy.database_url(deployment)

    text = boto3.client("secretsmanager").get_secret_value(SecretId="subs-dev/function")["SecretString"]
    assert json.loads(text) == SECRET


def network(subnets: str) -> str:
    """data.yaml as a deployment sees it. moto cannot make the real one, for its IPv6; cfn-lint checks that."""
    outputs = {"SubnetIds": subnets, "SecurityGroupIds": "sg-1", "Ipv6AllowedForDualStack": "true"}
    outputs["DatabaseHost"] = "proxy.example.com"
    return json.dumps(
        {
            "Parameters": {"Project": {"Type": "String"}, "Stage": {"Type": "String"}},
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "network"}}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def test_database_has_a_stack_of_its_own(account: Account) -> None:
    deployment = replace(account.deployment(), templates=account.directory)
    (account.directory / "data.yaml").write_text(network("subnet-1,subnet-2"))
    deploy.data(deployment, {}, Steps())

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
        deploy.data(account.deployment(), {}, Steps())


def test_stack_is_updated_only_where_something_changed(account: Account) -> None:
    deployment = account.deployment()

    assert [deployment.update_stack(given) for given in ({}, {"LogRetentionDays": "7"}, {})] == [False, True, False]
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName="subs-dev-messaging")["Stacks"]
    values = {given["ParameterKey"]: given["ParameterValue"] for given in stack["Parameters"]}
    assert (values["LogRetentionDays"], values["SilentMinutes"]) == ("7", "5")


def test_stack_whose_first_attempt_failed_is_made_anew(account: Account) -> None:
    deployment = account.deployment()
    (stack,) = cloudformation_backends[ACCOUNT]["us-east-1"].stacks.values()
    stack.status = "ROLLBACK_COMPLETE"

    assert not deployment.messaging.exists
    with pytest.raises(Refused, match="make stack"):
        deployment.outputs()
    assert deployment.update_stack()
    assert deployment.outputs()["FunctionName"] == "subs-dev"


def test_interrupted_first_deployment_is_begun_anew(account: Account, package: Path) -> None:
    deployment = account.deployment()
    boto3.client("lambda").create_function(
        FunctionName="subs-dev",
        Runtime="python3.11",
        Role=deployment.outputs()["RoleArn"],
        Handler="handler.handler",
        Code={"ZipFile": code_of("half")},
    )

    assert deployment.upload(package) == "deploy"
    deployment.complete()
    deployment.releases.keep()

    assert deployment.api.exists
    assert deployment.upload(package) == "update"
    boto3.client("cloudformation").delete_stack(StackName="subs-dev")
    with pytest.raises(Refused, match="make undeploy"):
        deployment.upload(package)


def release_of(text: str, stage: dict[str, Any]) -> bytes:
    """A zip that says which stage it was made for."""
    file = io.BytesIO(code_of(text))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("zappa_settings.json", json.dumps({"dev": stage}))
    return file.getvalue()


@pytest.fixture
def released(account: Account) -> Deployment:
    """Three versions of code on Lambda, each with a configuration of its own, of which the first two were kept."""
    deployment = account.deployment()
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
            deployment.releases.keep()
    return deployment


def test_releases_are_remembered_and_gone_back_to(released: Deployment) -> None:
    releases = released.releases
    first, second = releases.kept()

    released.go_back_to(second)
    functions = boto3.client("lambda")
    found = functions.get_function(FunctionName="subs-dev")["Configuration"]
    kept = functions.get_function(FunctionName="subs-dev", Qualifier=second)["Configuration"]
    assert (found["CodeSha256"], found["Timeout"]) == (kept["CodeSha256"], 101)

    assert releases.previous() == first
    released.go_back_to(first)
    again = releases.keep_instead(first)
    assert releases.kept() == [again]
    with pytest.raises(Refused, match="no earlier release"):
        releases.previous()


def test_schedule_and_queues_go_back_with_the_code(released: Deployment, account: Account) -> None:
    kept = released.releases.kept()[-1]
    wake_up = {"arn": released.outputs()["WakeUpQueueArn"], "batch_size": 1, "enabled": True}
    account.stage["events"][0]["expression"] = "rate(2 hours)"
    new = "config.jobs.of_the_next_release"
    account.stage["events"] += [
        {"function": new, "name": new, "expression": "rate(1 hour)"},
        {"function": "notifications.jobs.deliver_woken", "event_source": wake_up},
    ]
    settings = account.directory / "next_release.json"
    settings.write_text(json.dumps({"dev": account.stage}), encoding="utf-8")
    next_release = replace(released, settings_file=settings)
    next_release.zappa().run("schedule")
    next_release.complete()
    assert len(boto3.client("lambda").list_event_source_mappings()["EventSourceMappings"]) == 2

    then = released.go_back_to(kept)

    state = DeployedState(then)
    state.check_schedule()
    state.check_event_sources()


def test_version_that_does_not_tell_its_schedule_is_not_gone_back_to(released: Deployment) -> None:
    functions = boto3.client("lambda")
    functions.update_function_code(FunctionName="subs-dev", ZipFile=code_of("foreign"), Publish=True)
    foreign = released.releases.keep()
    with pytest.raises(Refused, match="check out its commit"):
        released.go_back_to(foreign)


def test_after_an_interrupted_deployment_the_last_good_release_is_gone_back_to(released: Deployment) -> None:
    assert released.releases.previous() == released.releases.kept()[-1]


def test_versions_that_are_gone_are_not_gone_back_to(released: Deployment) -> None:
    first, second = released.releases.kept()
    boto3.client("lambda").delete_function(FunctionName="subs-dev", Qualifier=first)
    assert released.releases.kept() == [second]


def test_dead_letter_queue_that_zappa_update_leaves_is_set(released: Deployment) -> None:
    released.complete()
    found = boto3.client("lambda").get_function_configuration(FunctionName="subs-dev")
    assert found["DeadLetterConfig"] == {"TargetArn": released.outputs()["DeadLetterQueueArn"]}


def test_queue_that_feeds_the_function_may_fail_in_part(released: Deployment) -> None:
    functions = boto3.client("lambda")
    queue = released.outputs()["FeedbackQueueArn"]
    functions.create_event_source_mapping(FunctionName="subs-dev", EventSourceArn=queue)
    released.complete()
    (mapping,) = functions.list_event_source_mappings(FunctionName="subs-dev")["EventSourceMappings"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_error_that_zappa_only_prints_is_an_error(account: Account) -> None:
    with pytest.raises(ZappaFailed, match="We do not have 1 revisions"):
        account.deployment().zappa().run("rollback", "--num-rollback", "1")


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What a person types."""
    return lambda words: monkeypatch.setattr(sys, "stdin", io.StringIO(f"{words}\n"))


@pytest.mark.parametrize("answer", ["", "y", "yes", "production", "Dev"])
def test_nothing_is_deleted_before_the_stage_is_typed(
    released: Deployment, typed: Callable[[str], None], answer: str
) -> None:
    typed(answer)
    with pytest.raises(NotConfirmed):
        deploy.undeploy(released, Steps())
    assert released.function.exists


def test_stack_of_a_function_that_runs_is_not_deleted(released: Deployment, typed: Callable[[str], None]) -> None:
    typed("dev")
    with pytest.raises(DeployError, match="make undeploy STAGE=dev"):
        deploy.delete_stack(released, Steps())
    assert released.messaging.exists


def test_what_an_interrupted_deployment_left_is_taken_down(released: Deployment, typed: Callable[[str], None]) -> None:
    typed("dev")
    deploy.undeploy(released, Steps())
    assert not released.function.exists
