"""`python -m infra.deployment.deploy`, as used by operators and CI services."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.deployment import rollout
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import Refused
from infra.lambda_local.emulator.local_aws import LocalAWS
from tests.infra.deployment.account import DATABASE, SECRET, Account, dev
from tests.infra.deployment.typed_command import Said, TypedCommand
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

NO_KEYS: dict[str, str | None] = {
    "AWS_ACCESS_KEY_ID": None,
    "AWS_SECRET_ACCESS_KEY": None,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def test_unknown_stage_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="no stage nowhere; it has dev, production"):
        rollout.deploy(Deployment("nowhere"), Steps())


def the_line(said: Said) -> str:
    """Return the single line of standard error of a failed command."""
    assert (said.status, said.err.count("\n")) == (1, 1), said
    return said.err


def test_refusal_is_a_sentence_and_a_failing_status(aws: LocalAWS) -> None:
    line = the_line(TypedCommand().deploy("data", "dev"))
    assert line == "there is no stack subs-dev-messaging: run `make stack STAGE=dev` first\n"


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (NO_KEYS, "Unable to locate credentials. Set AWS_PROFILE"),
        ({"AWS_PROFILE": "nobody"}, "profile (nobody) could not be found. Set AWS_PROFILE to one of"),
        (NO_KEYS | {"AWS_ACCESS_KEY_ID": "half"}, "Partial credentials found"),
    ],
)
def test_credentials_that_are_missing_are_told_in_a_line(
    aws: LocalAWS, variables: dict[str, str | None], says: str
) -> None:
    assert says in the_line(TypedCommand(variables).deploy("tail", "dev"))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("ExpiredToken", "Sign in again"),
        ("InvalidClientTokenId", "AWS does not know these credentials here"),
        ("AccessDenied", "said by a test.\n"),
    ],
)
@pytest.mark.parametrize("module", ["infra.deployment.deploy", "infra.deployment.secret_key"])
def test_credentials_that_aws_refuses_are_told_in_a_line(
    aws: LocalAWS, answers: InjectedAnswers, module: str, code: str, says: str
) -> None:
    answers.refuse("sts.GetCallerIdentity", code, status=403)
    command = "rotate" if module.endswith("secret_key") else "database-url"

    line = the_line(TypedCommand().run(module, command, "dev"))

    assert (code in line, says in line) == (True, True), line
    assert answers.calls == ["sts.GetCallerIdentity"]


@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        ("{", "zappa_settings.json cannot be read: "),
        ('{"dev": {"extends": "gone"}}', "stage 'dev' extends 'gone', which is not in the file"),
    ],
)
def test_settings_that_cannot_be_read_are_told_in_a_line(
    main: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str], damaged: str, says: str
) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text(damaged)
    assert main(["tail", "dev"], lambda name: Deployment(name, path)) == 1
    assert capsys.readouterr().err.startswith(says)


FROM_FILE = """
import sys
from pathlib import Path
from infra.deployment import deploy
from infra.deployment.deployment import Deployment

sys.exit(deploy.main(sys.argv[2:], lambda name: Deployment(name, Path(sys.argv[1]))))
"""
"""The command, with another file than zappa_settings.json."""


@pytest.mark.parametrize("stage", ["dev", "new"])
def test_settings_module_that_cannot_be_imported_is_told_in_a_line(aws: LocalAWS, tmp_path: Path, stage: str) -> None:
    path = tmp_path / "zappa_settings.json"
    path.write_text(json.dumps({"dev": dev() | {"django_settings": "gone.settings"}}))

    line = the_line(TypedCommand().program(FROM_FILE, str(path), "configure", stage))

    says = (
        "django_settings of {} in zappa_settings.json is gone.settings, which cannot be used: No module named 'gone'\n"
    )
    assert line == says.format(stage)


@pytest.mark.parametrize(
    ("changes", "namespace"),
    [
        ({}, "Subscriptions"),
        ({"django_settings": "examples.product.settings"}, "AcmeReports"),
        ({"aws_environment_variables": dev()["aws_environment_variables"] | {"METRIC_NAMESPACE": "Shop"}}, "Shop"),
    ],
    ids=["default", "settings", "variable"],
)
def test_stack_gets_the_namespace_of_the_stages_settings(
    account: Account, changes: dict[str, Any], namespace: str
) -> None:
    path = account.deployment().settings_file
    path.write_text(json.dumps({"dev": dev() | changes}))

    said = TypedCommand({"METRIC_NAMESPACE": "shell's"}).program(FROM_FILE, str(path), "stack", "dev")

    assert (said.status, "is up to date" in said.out) == (0, not changes), said
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName="subs-dev-messaging")["Stacks"]
    assert {"ParameterKey": "MetricNamespace", "ParameterValue": namespace} in stack["Parameters"]


def test_checkout_that_cannot_be_written_to_is_told_before_the_first_change(
    account: Account, answers: InjectedAnswers, main: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    account.deployment()
    not_a_directory = account.directory / "file"
    not_a_directory.touch()
    answers.forget()

    def deployment_of(name: str) -> Deployment:
        return Deployment(name, account.directory / "zappa_settings.json", directory=not_a_directory / "build")

    assert main(["stack", "dev"], deployment_of) == 1
    assert f"{not_a_directory}/build cannot be written to: Not a directory" in capsys.readouterr().err
    assert main(["manage", "dev"], deployment_of) == 1
    assert capsys.readouterr().err == f"{not_a_directory}/build: Not a directory.\n"
    assert set(answers.calls) == {"sts.GetCallerIdentity", "cloudformation.DescribeStacks"}


def stored() -> dict[str, str]:
    text = boto3.client("secretsmanager").get_secret_value(SecretId="subs-dev/function")["SecretString"]
    secret: dict[str, str] = json.loads(text)
    return secret


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "give it on standard input: printenv ADDRESS | make database-url STAGE=dev"),
        ("sqlite:///x", "Use PostgreSQL"),
        ("mysql://h/x", "must be postgres"),
    ],
)
def test_database_url_that_is_of_no_use_is_refused(account: Account, address: str, says: str) -> None:
    account.secret = {"SECRET_KEY": "a-key"}
    account.deployment()
    assert says in the_line(TypedCommand().deploy("database-url", "dev", typed=f"{address}\n"))
    assert stored() == {"SECRET_KEY": "a-key"}


def test_database_url_comes_from_a_pipe_and_goes_into_the_secret(account: Account) -> None:
    account.secret = {"SECRET_KEY": "a-key"}
    account.deployment()
    said = TypedCommand().deploy("database-url", "dev", typed=f"{DATABASE}\n")
    assert (said, stored()) == (Said(0, "", ""), SECRET)


def test_database_url_is_asked_for_and_goes_into_the_secret(account: Account) -> None:
    account.secret = {"SECRET_KEY": "a-key"}
    account.deployment()
    terminal, its_end = os.openpty()
    command = [sys.executable, "-m", "infra.deployment.deploy", "database-url", "dev"]
    with subprocess.Popen(command, stdin=its_end, stdout=its_end, stderr=its_end, start_new_session=True) as asking:
        os.close(its_end)
        shown = os.read(terminal, 1000)
        os.write(terminal, f"{DATABASE}\n".encode())
        assert asking.wait() == 0
    os.close(terminal)
    assert b"(not shown)" in shown
    assert (DATABASE.encode() in shown, stored()) == (False, SECRET)


@pytest.mark.parametrize("module", ["infra.deployment.deploy", "infra.deployment.secret_key"])
def test_emulator_is_not_loaded_by_what_talks_to_aws(module: str) -> None:
    loaded = f"import sys, {module}; print({{'moto', 'werkzeug', 'flask', 'docker'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
