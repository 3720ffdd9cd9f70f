"""docs/runbook.md: each of its commands is run by `make deploy-local`, or by a test that is named here."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from config.invocation_rules import MANAGEMENT_COMMANDS
from infra.deployment import deploy_local, runbook
from infra.deployment.aws_command import AwsCommand
from infra.errors import UnknownCommand
from infra.local.local_aws import LocalAWS
from infra.local.zappa_stage import SETTINGS_FILE
from tests.infra.deployment import test_deploy, test_secret_key

PROJECT = SETTINGS_FILE.parent
RUN_BY = {
    "stack": "deployment.update_stack",
    "deploy": "deploy.deploy(",
    "rollback": "deploy.rollback(",
    "manage": "use.runbook_commands(",
    "tail": "use.tail",
    "undeploy": "deploy.undeploy(",
    "delete-stack": "deploy.delete_stack(",
}
"""By `make deploy-local`: target, and the call of it in infra/deployment/deploy_local.py."""

TESTED_BY: dict[str, object] = {
    "make database-url": test_deploy.test_database_url_is_asked_for_and_goes_into_the_secret,
    "make data": test_deploy.test_database_has_a_stack_of_its_own,
    "python -m infra.deployment.secret_key rotate": test_secret_key,
    "python -m infra.deployment.secret_key retire": test_secret_key,
}
"""Commands that are run elsewhere."""

LINES = runbook.commands("dev")
MAKE = [line for line in LINES if line.startswith("make ")]
AWS = [line for line in LINES if line.startswith("aws ")]


def test_headings_are_those_that_an_operator_looks_for() -> None:
    text = runbook.RUNBOOK.read_text(encoding="utf-8")
    for heading in (
        "First deployment", "Upgrade", "Rollback", "The sweep did not run", "Mails are stuck", "A mail is unknown",
        "Somebody gets no mail", "SES paused us",
        "The database is gone", "Restoring", "Rotating", "Taking it down",
    ):  # fmt: skip
        section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, heading
        assert "```sh" in section[1], heading


@pytest.mark.parametrize("line", LINES)
def test_command_is_run_somewhere(line: str) -> None:
    if line.startswith("make ") and not line.startswith(tuple(TESTED_BY)):
        target = line.split()[1]
        assert RUN_BY[target] in Path(deploy_local.__file__).read_text(encoding="utf-8")
    elif line.startswith("aws "):
        assert line in runbook.aws_commands("dev") or line.startswith(runbook.NOT_LOCAL)
    else:
        assert line.startswith(tuple(TESTED_BY)), f"{line} is run by nothing"


@pytest.mark.parametrize("line", MAKE)
def test_make_knows_the_target_and_its_variables(line: str) -> None:
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
    command = ["make", "--dry-run", "--no-print-directory", *(word.replace('"', "") for word in words[1:])]
    # The tests may run below a make of their own, whose job server this one has no part in.
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}}
    made = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    assert "-m infra.deployment.deploy " in made.stdout
    assert made.stderr == ""


@pytest.mark.parametrize("command", runbook.management_commands("dev"))
def test_function_admits_the_management_command(command: str) -> None:
    assert command.partition(" ")[0] in MANAGEMENT_COMMANDS


@pytest.mark.parametrize("line", AWS)
def test_aws_takes_the_command(aws: LocalAWS, line: str) -> None:
    AwsCommand.parse(line)


@pytest.mark.parametrize(
    "line",
    [
        "aws sqs burn-queue --queue-url u",
        "aws sqs purge-queue --queue u",
        "aws sqs purge-queue",
        "aws sqs receive-message --queue-url u --max-number-of-messages",
        "aws sqs receive-message --queue-url u --max-number-of-messages ten",
    ],
)
def test_command_that_aws_would_not_take_is_found(aws: LocalAWS, line: str) -> None:
    with pytest.raises((UnknownCommand, ValueError)):
        AwsCommand.parse(line)


def test_command_becomes_the_call(aws: LocalAWS) -> None:
    line = "aws sqs receive-message --queue-url u --max-number-of-messages 10 --message-attribute-names All b"
    assert AwsCommand.parse(line).parameters == {
        "QueueUrl": "u", "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All", "b"],
    }  # fmt: skip


def test_lines_that_go_on_are_one_command(tmp_path: Path) -> None:
    path = tmp_path / "runbook.md"
    path.write_text("text\n```sh\n# why\nmake a \\\n  B=1\nmake b  # what\n```\n```\nno\n```\n")
    assert [" ".join(line.split()) for line in runbook.commands("dev", path)] == ["make a B=1", "make b"]
