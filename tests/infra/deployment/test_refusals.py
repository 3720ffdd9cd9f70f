"""Problems that AWS would report in the middle of a deployment are refused before any change."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace

import boto3
import pytest

from infra.deployment import provisioning, rollout
from infra.deployment.deployment import Deployment
from infra.deployment.policies import STAGE, function_policies
from infra.deployment.steps import Steps
from infra.errors import Refused
from tests.infra.deployment.account import SECRET, Account
from tests.infra.deployment.running_stage import RunningStage
from tests.infra.deployment.test_configure import GATE
from tests.infra.deployment.test_deploy import network
from tests.infra.deployment.test_deploy_command import stored
from tests.support.injected_answers import InjectedAnswers
from tests.support.permissions import Call, is_allowed
from tests.support.release_zip import release_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

BUCKET = "subs-dev-packages-123456789012"
SENDER = "subscriptions@dev.subscriptions.example.com"
CHANGING = ("Add", "Create", "Delete", "Put", "Publish", "Update", "Upload")


def changes(answers: InjectedAnswers) -> list[str]:
    """Return the operations that changed something."""
    return [call for call in answers.calls if call.partition(".")[2].startswith(CHANGING)]


def refused(deployment: Deployment, answers: InjectedAnswers) -> str:
    """Return the message with which `make deploy` refuses without any change."""
    package = deployment.settings_file.parent / "package.zip"
    package.write_bytes(release_of("1", {}))
    answers.calls.clear()
    with pytest.raises(Refused) as refusal:
        rollout.deploy(deployment, Steps(), package)
    assert changes(answers) == []
    return str(refusal.value)


def test_bucket_of_somebody_else_is_refused(stage_on_aws: RunningStage, answers: InjectedAnswers) -> None:
    stage_on_aws.provide("good")
    answers.refuse("s3.HeadBucket", "Forbidden", status=403)
    assert f"the bucket {BUCKET} is of another account" in refused(stage_on_aws.deployment, answers)
    assert stage_on_aws.served() == "good"
    stage_on_aws.prove_usable()


def test_bucket_in_another_region_is_refused(account: Account, answers: InjectedAnswers) -> None:
    deployment = account.deployment()
    boto3.client("s3", region_name="eu-central-1").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    assert f"the bucket {BUCKET} is in eu-central-1, and Lambda takes code from us-east-1 only" in refused(
        deployment, answers
    )


@pytest.mark.parametrize("there", [True, False])
def test_own_bucket_and_a_missing_one_are_fine(account: Account, there: bool) -> None:
    if there:
        boto3.client("s3").create_bucket(Bucket=BUCKET)
    account.deployment().check_there()


def code_sizes(limit: int, used: int) -> Callable[[bytes], bytes]:
    return lambda _: json.dumps(
        {"AccountLimit": {"TotalCodeSize": limit}, "AccountUsage": {"TotalCodeSize": used}}
    ).encode()


@pytest.mark.parametrize(("left", "fits"), [(0, True), (1, False)])
def test_code_that_finds_no_room_is_refused(
    account: Account, answers: InjectedAnswers, monkeypatch: pytest.MonkeyPatch, left: int, fits: bool
) -> None:
    deployment = account.deployment()
    package = account.directory / "package.zip"
    package.write_bytes(release_of("1", {}))
    monkeypatch.setattr("infra.deployment.deployment.check_package", lambda _: [])
    answers.alter("lambda.GetAccountSettings", code_sizes(1000 << 20, (1000 << 20) - 2 * package.stat().st_size + left))
    if fits:
        deployment.check_package(package)
    else:
        with pytest.raises(Refused, match=r"Lambda keeps 1000 MiB of code.*Delete versions"):
            deployment.check_package(package)


def test_domain_above_that_the_role_does_not_allow_is_refused(account: Account, answers: InjectedAnswers) -> None:
    account.verified = "example.com"
    said = refused(account.deployment(), answers)
    assert (
        "SES has verified example.com, and the function's role allows mail under dev.subscriptions.example.com" in said
    )
    assert 'make stack STAGE=dev PARAMETERS="SenderIdentity=example.com CreateIdentity=false"' in said


@pytest.mark.parametrize(
    ("verified", "parameters"),
    [
        (SENDER, {}),
        ("dev.subscriptions.example.com", {}),
        ("example.com", {"SenderIdentity": "example.com", "CreateIdentity": "false"}),
    ],
)
def test_role_allows_the_identity_that_is_found_verified(
    account: Account, verified: str, parameters: dict[str, str]
) -> None:
    account.verified = verified
    deployment = account.deployment()
    deployment.update_stack(parameters)
    deployment.check_there()

    policies = function_policies(STAGE | parameters)
    for identity, allowed in [(verified, True), ("subscriptions.example.com", False)]:
        call = Call(
            "ses:SendRawEmail", f"arn:aws:ses:us-east-1:123456789012:identity/{identity}", {"ses:FromAddress": SENDER}
        )
        assert is_allowed(policies, call) is allowed


def test_identity_that_is_there_is_not_made_once_more(account: Account, answers: InjectedAnswers) -> None:
    account.with_stack, account.secret, account.verified = False, None, ""
    deployment = account.deployment()
    boto3.client("sesv2").create_email_identity(EmailIdentity="dev.subscriptions.example.com")
    answers.calls.clear()
    with pytest.raises(Refused, match=r"has the identity dev.subscriptions.example.com already.*CreateIdentity=false"):
        provisioning.stack(deployment, {}, Steps())
    assert changes(answers) == []


DATABASE = "postgres://user:password@ep-blue-123.eu-central-1.aws.neon.tech/subs"
POOLER = DATABASE.replace(".eu-", "-pooler.eu-")
PROXY = "a proxy before the database keeps it awake"
OPEN = "an open connection keeps the database awake"
PARTS = {
    "SECRET_KEY": "a-key",
    "username": "subs",
    "password": "password",
    "host": "subs-dev.cluster-abc.us-east-1.rds.amazonaws.com",
    "port": "5432",
    "dbname": "subs",
}
PROXY_HOST = "subs-dev.proxy-abc.us-east-1.rds.amazonaws.com"


def of_gated_stage(account: Account, host: str = "") -> Deployment:
    """Return a stage with a gate, and with a database stack of this host unless it is empty."""
    account.stage["aws_environment_variables"] |= GATE
    deployment = replace(account.deployment(), templates=account.directory)
    if host:
        (account.directory / "data.yaml").write_text(network("subnet-1,subnet-2", host))
        provisioning.data(deployment, {"Engine": "aurora"}, Steps())
    return deployment


@pytest.mark.parametrize(
    ("address", "says"),
    [
        (POOLER, PROXY),
        ("postgres://user:password@db.example.com:6432/subs", PROXY),
        (f"{DATABASE}?pool=true", OPEN),
    ],
)
def test_database_that_the_gate_cannot_let_sleep_is_refused(
    account: Account, answers: InjectedAnswers, address: str, says: str
) -> None:
    account.secret = SECRET | {"DATABASE_URL": address}
    said = refused(of_gated_stage(account), answers)
    assert f"GATE_TABLE: {says}" in said
    assert "or unset GATE_TABLE." in said
    assert "password" not in said


def test_proxy_of_the_database_stack_behind_a_gate_is_refused(account: Account, answers: InjectedAnswers) -> None:
    account.secret = PARTS
    assert f"GATE_TABLE: {PROXY}" in refused(of_gated_stage(account, PROXY_HOST), answers)


def test_proxy_that_a_variable_names_behind_a_gate_is_refused(account: Account, answers: InjectedAnswers) -> None:
    account.secret = PARTS
    account.stage["aws_environment_variables"]["DATABASE_HOST"] = PROXY_HOST
    assert f"GATE_TABLE: {PROXY}" in refused(of_gated_stage(account), answers)


@pytest.mark.parametrize(
    ("secret", "host"),
    [
        (SECRET | {"DATABASE_URL": DATABASE}, ""),
        (SECRET | {"DATABASE_URL": f"{DATABASE}?conn_max_age=60"}, ""),  # the settings override it
        (SECRET | {"DATABASE_URL": DATABASE}, PROXY_HOST),  # which the function does not use
        (PARTS, PARTS["host"]),
    ],
)
def test_database_that_may_sleep_behind_the_gate_is_fine(account: Account, secret: dict[str, str], host: str) -> None:
    account.secret = secret
    of_gated_stage(account, host).check_there()


def test_pooler_without_a_gate_is_fine(account: Account) -> None:
    account.secret = SECRET | {"DATABASE_URL": POOLER}
    account.deployment().check_there()


def test_pooler_behind_a_gate_does_not_become_the_address(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running function would take it at its next cold start, before any deployment."""
    deployment = of_gated_stage(account)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{POOLER}\n"))
    with pytest.raises(Refused, match=PROXY):
        provisioning.database_url(deployment)
    assert stored() == SECRET
