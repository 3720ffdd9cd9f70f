"""`make configure`: writes account values into zappa_settings.json, and changes nothing else."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.ses.models import ses_backends

from config.zappa.checks import check_file
from config.zappa.stages import read_document, read_stages
from infra.deployment import aws_account
from infra.deployment.configure import configure
from infra.deployment.deployment import Deployment
from infra.errors import Refused
from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.packaging.zappa_stage import SETTINGS_FILE
from tests.infra.deployment.typed_command import TypedCommand

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

GIVEN = {
    "Account": "210987654321",
    "Region": "eu-central-1",
    "Domain": "abo.example.org",
    "Sender": "Abo <abo@example.org>",
    "Database": "elsewhere",
    "AlarmAddress": "you@example.org",
}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Return a copy of the shipped file."""
    return Path(shutil.copy(SETTINGS_FILE, tmp_path / "zappa_settings.json"))


@pytest.fixture
def run(aws: LocalAWS, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    """Return the command without a terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    def configured(stage: str, **given: str) -> Deployment:
        deployment = Deployment(stage, settings, directory=settings.parent / "build")
        configure(deployment, given)
        return replace(deployment)

    return configured


def effective(path: Path) -> dict[str, Any]:
    """Return the stages as Zappa reads them."""
    return {stage.name: dict(stage.settings) for stage in read_stages(read_document(path))}


@pytest.mark.parametrize("stage", ["dev", "production", "staging"])
def test_no_example_is_left_in_the_stage_and_all_checks_pass(
    run: Callable[..., Deployment], settings: Path, stage: str
) -> None:
    run(stage, **GIVEN)
    found = effective(settings)[stage]
    text = json.dumps({key: value for key, value in found.items() if key != "extends"})
    for example in ("123456789012", "example.com", "us-east-1"):
        assert example not in text
    assert not check_file(settings)
    variables = found["aws_environment_variables"]
    assert found["s3_bucket"] == f"subs-{stage}-packages-210987654321"
    assert found["role_arn"] == f"arn:aws:iam::210987654321:role/subs-{stage}-lambda"
    assert found["events"][-1]["event_source"]["arn"] == f"arn:aws:sqs:eu-central-1:210987654321:subs-{stage}-feedback"
    assert variables["SECRET_ARN"] == f"arn:aws:secretsmanager:eu-central-1:210987654321:secret:subs-{stage}/function"
    assert variables["SES_CONFIGURATION_SET"] == f"subs-{stage}"
    assert variables["SITE_URL"] == "https://abo.example.org"
    assert variables["ALLOWED_HOSTS"] == "abo.example.org,.execute-api.eu-central-1.amazonaws.com"
    assert variables["SES_FROM_ADDRESS"] == "Abo <abo@example.org>"
    assert found["stack_parameters"] == {"AlarmAddress": "you@example.org", "InVpc": "false"}


@pytest.mark.parametrize("stage", ["dev", "production", "staging"])
def test_other_stages_are_what_they_were(run: Callable[..., Deployment], settings: Path, stage: str) -> None:
    before = effective(settings)
    run(stage, **GIVEN)
    after = effective(settings)
    for other in before.keys() - {stage}:
        assert after[other] | {"stack_parameters": {}} == before[other] | {"stack_parameters": {}}
    assert list(after) == [*before, *({stage} - before.keys())]


def test_text_of_other_stages_keeps_its_bytes(run: Callable[..., Deployment], settings: Path) -> None:
    text = settings.read_text(encoding="utf-8")
    start = text.index('    "production": {')
    run("production", **GIVEN)
    after = settings.read_text(encoding="utf-8")
    assert after[:start] == text[:start]
    run("staging", **GIVEN)
    assert settings.read_text(encoding="utf-8").startswith(after.rstrip().removesuffix("}").rstrip())


def test_second_run_changes_nothing(
    run: Callable[..., Deployment], settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("dev", **GIVEN)
    once = settings.read_bytes()
    run("dev")
    assert settings.read_bytes() == once
    run("dev", **GIVEN)
    assert settings.read_bytes() == once
    assert "nothing changed" in capsys.readouterr().out.rpartition("Stage dev")[2]


def test_one_value_can_be_changed_alone(run: Callable[..., Deployment], settings: Path) -> None:
    run("dev", **GIVEN)
    before = effective(settings)["dev"]
    run("dev", AlarmAddress="none")
    assert effective(settings)["dev"] == before | {"stack_parameters": {"AlarmAddress": "", "InVpc": "false"}}


def test_hosts_buckets_and_queues_of_ones_own_stay(run: Callable[..., Deployment], settings: Path) -> None:
    document = json.loads(settings.read_text(encoding="utf-8"))
    dev = document["dev"]
    dev["s3_bucket"] = "our-own-bucket"
    dev["layers"] = ["arn:aws:lambda:us-east-1:555555555555:layer:insights:1"]
    queue = "https://sqs.us-east-1.amazonaws.com/123456789012/subs-dev-reports"
    dev["aws_environment_variables"] |= {"REPORTS_QUEUE_URL": queue, "LOG_LEVEL": "ERROR"}
    dev["aws_environment_variables"]["ALLOWED_HOSTS"] += ",www.example.org"
    settings.write_text(json.dumps(document), encoding="utf-8")
    run("dev", **GIVEN)
    found = effective(settings)["dev"]
    variables = found["aws_environment_variables"]
    assert (found["s3_bucket"], found["layers"], variables["LOG_LEVEL"]) == ("our-own-bucket", dev["layers"], "ERROR")
    assert variables["REPORTS_QUEUE_URL"] == "https://sqs.eu-central-1.amazonaws.com/210987654321/subs-dev-reports"
    assert "www.example.org" in variables["ALLOWED_HOSTS"].split(",")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Account": "12345"}, "Account '12345' is none"),
        ({"Region": "us-est-1"}, "Region 'us-est-1' is none of AWS's"),
        ({"Region": "cn-north-1"}, "Region 'cn-north-1' is none of AWS's"),
        ({"Domain": "https://abo.example.org"}, "Domain 'https://abo.example.org' is none"),
        ({"Domain": "localhost"}, "Domain 'localhost' is none"),
        ({"Sender": "nobody"}, "Sender 'nobody' is not a valid e-mail address"),
        ({"Database": "oracle"}, "Database 'oracle' must be none, stack"),
        ({"Sleep": "maybe"}, "Sleep 'maybe' must be yes or no"),
        ({"AlarmAddress": "you"}, "AlarmAddress 'you' is not a valid"),
        ({"Acount": "210987654321"}, "Unknown parameter Acount"),
    ],
)
def test_bad_value_is_refused_in_a_line_and_nothing_written(
    run: Callable[..., Deployment], settings: Path, changes: dict[str, str], says: str
) -> None:
    with pytest.raises(Refused) as refused:
        run("dev", **GIVEN | changes)
    assert str(refused.value).startswith(says)
    assert "\n" not in str(refused.value)
    assert settings.read_bytes() == SETTINGS_FILE.read_bytes()


@pytest.mark.parametrize("name", ["Dev", "my-stage", "x", "a" * 17])
def test_stage_that_no_stack_can_be_named_after_is_refused(run: Callable[..., Deployment], name: str) -> None:
    with pytest.raises(Refused, match="is not a valid stage name"):
        run(name, **GIVEN)


def test_missing_value_without_a_terminal_is_named(run: Callable[..., Deployment], settings: Path) -> None:
    with pytest.raises(Refused, match=r'Without a terminal, give PARAMETERS="Domain=\.\.\. Sender=\.\.\."'):
        run("production")
    assert settings.read_bytes() == SETTINGS_FILE.read_bytes()


GATE = {"GATE_TABLE": "subs-dev-gate", "DATABASE_CONNECT_SECONDS": "40"}


def gate_of(path: Path, stage: str) -> dict[str, str]:
    variables = effective(path)[stage]["aws_environment_variables"]
    return {key: variables[key] for key in GATE if key in variables}


@pytest.mark.parametrize(
    ("stage", "given", "sleeps"),
    [
        ("dev", {"Database": "stack"}, True),
        ("dev", {"Database": "stack", "Sleep": "no"}, False),
        ("dev", {"Database": "elsewhere"}, False),
        ("production", {"Database": "stack"}, False),
        ("staging", {"Database": "stack"}, False),
        ("production", {"Database": "stack", "Sleep": "yes"}, True),
    ],
)
def test_dev_sleeps_unless_told_otherwise_and_others_only_when_asked(
    run: Callable[..., Deployment], settings: Path, stage: str, given: dict[str, str], sleeps: bool
) -> None:
    run(stage, **GIVEN | given)
    expected = GATE | {"GATE_TABLE": f"subs-{stage}-gate"} if sleeps else {}
    assert gate_of(settings, stage) == expected
    run(stage)
    assert gate_of(settings, stage) == expected
    assert not check_file(settings)


@pytest.mark.parametrize(
    ("stage", "given", "sleeps"),
    [("dev", {}, True), ("dev", {"Sleep": "no"}, False), ("staging", {}, False)],
)
def test_dev_that_gets_its_first_database_sleeps_unless_told_otherwise(
    run: Callable[..., Deployment], settings: Path, stage: str, given: dict[str, str], sleeps: bool
) -> None:
    run(stage, **GIVEN | {"Database": "none"})
    assert gate_of(settings, stage) == {}
    run(stage, **{"Database": "stack"} | given)
    assert gate_of(settings, stage) == (GATE if sleeps else {})
    run(stage)
    assert gate_of(settings, stage) == (GATE if sleeps else {})


def test_stage_that_is_copied_from_one_that_sleeps_does_not(run: Callable[..., Deployment], settings: Path) -> None:
    run("dev", **GIVEN | {"Database": "stack"})
    run("staging", **GIVEN)
    assert (gate_of(settings, "dev"), gate_of(settings, "staging")) == (GATE, {})


def test_sleep_ends_with_both_variables_and_patience_of_ones_own_stays(
    run: Callable[..., Deployment], settings: Path
) -> None:
    document = json.loads(settings.read_text(encoding="utf-8"))
    document["dev"]["aws_environment_variables"]["DATABASE_CONNECT_SECONDS"] = "60"
    settings.write_text(json.dumps(document), encoding="utf-8")
    run("dev", **GIVEN)
    assert gate_of(settings, "dev") == {"DATABASE_CONNECT_SECONDS": "60"}
    run("dev", Sleep="yes")
    assert gate_of(settings, "dev") == GATE | {"DATABASE_CONNECT_SECONDS": "60"}
    run("dev", Sleep="no")
    assert gate_of(settings, "dev") == {}


class Terminal(io.StringIO):
    """Person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_person_is_asked_again_and_sees_what_aws_says(
    run: Callable[..., Deployment], settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("sesv2", region_name="eu-central-1").create_email_identity(EmailIdentity="abo.example.org")
    typed = ["", "europe", "eu-central-1", "abo.example.org", "", "stack", "", "you@example.org"]
    monkeypatch.setattr(sys, "stdin", Terminal("\n".join(typed) + "\n"))
    run("staging")
    found = effective(settings)["staging"]
    assert found["role_arn"] == f"arn:aws:iam::{ACCOUNT}:role/subs-staging-lambda"
    assert found["aws_region"] == "eu-central-1"
    assert found["aws_environment_variables"]["SES_FROM_ADDRESS"] == "subscriptions@abo.example.org"
    assert found["stack_parameters"] == {"AlarmAddress": "you@example.org", "InVpc": "true"}
    said = capsys.readouterr().out
    assert f"Account [{ACCOUNT}]" in said
    assert "Database: none, stack or elsewhere [none]: " in said
    assert "Region 'europe' is none of AWS's" in said
    assert "SES in eu-central-1: abo.example.org (" in said
    assert "Bucket subs-staging-packages-123456789012: not there yet" in said
    assert "Next: make stack STAGE=staging; make data STAGE=staging; make deploy STAGE=staging" in said


def test_person_who_stops_has_changed_nothing(
    run: Callable[..., Deployment], settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    with pytest.raises(Refused, match=r"Nothing was written\."):
        run("production")
    assert settings.read_bytes() == SETTINGS_FILE.read_bytes()


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a region that the shell does not set."""
    for name in aws_account.REGION:
        monkeypatch.setenv(name, "us-east-1")
    return "eu-central-1"


def test_configured_stage_can_be_deployed(run: Callable[..., Deployment], region: str) -> None:
    """The preconditions of a deployment are met, and the alarms have their address."""
    deployment = run("staging", **GIVEN | {"Account": ACCOUNT, "Sender": "abo@abo.example.org"})
    aws_account.enter(deployment.stage)
    deployment.update_stack()
    boto3.client("secretsmanager", region_name=region).create_secret(
        Name="subs-staging/function",
        SecretString=json.dumps({"SECRET_KEY": "a-key", "DATABASE_URL": "postgres://u:p@db.example.org:5432/s"}),
    )
    boto3.client("sesv2", region_name=region).create_email_identity(EmailIdentity="abo.example.org")
    for identity in ses_backends[ACCOUNT][region].email_identities.values():
        identity.verified_for_sending_status = True

    deployment.check_here()
    deployment.check_there()

    stacks = boto3.client("cloudformation", region_name=region).describe_stacks(StackName="subs-staging-messaging")
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stacks["Stacks"][0]["Parameters"]}
    assert (parameters["AlarmAddress"], parameters["InVpc"]) == ("you@example.org", "false")


@pytest.mark.usefixtures("aws_that_cannot_be_reached")
def test_aws_need_not_be_reached(
    run: Callable[..., Deployment], settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("dev", **GIVEN)
    assert effective(settings)["dev"]["aws_region"] == "eu-central-1"
    assert "SES in eu-central-1: AWS does not say" in capsys.readouterr().out


def test_command_line_refuses_in_one_line(aws: LocalAWS) -> None:
    said = TypedCommand().deploy("configure", "production", "--parameter", "Account=1")
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert "Account '1' is none" in said.err
