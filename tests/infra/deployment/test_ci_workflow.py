"""docs/howto/deploy.yml: the example workflow uses existing make targets, and deploys one commit at a time."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from infra.deployment.confirmation import VARIABLE
from infra.packaging.lambda_runtimes import runtime_named
from infra.packaging.zappa_stage import SETTINGS_FILE
from tests.infra.deployment.typed_command import TypedCommand

PROJECT = SETTINGS_FILE.parent
HOWTO = PROJECT / "docs" / "howto"
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
WORKFLOW: dict[str, Any] = yaml.safe_load((HOWTO / "deploy.yml").read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
NO_TERMINAL = {"MAKEFLAGS", "MFLAGS"}
"""Variables to remove, because the tests may run below another make."""


def commands(job: dict[str, Any]) -> list[str]:
    return [line for step in job["steps"] for line in step.get("run", "").splitlines()]


def lines() -> Iterator[str]:
    for job in JOBS.values():
        yield from commands(job)
    howto = (HOWTO / "deploy-from-ci.md").read_text(encoding="utf-8")
    yield from re.findall(r"^\s*(make [a-z-]+ STAGE=.*)$", howto, re.MULTILINE)


def make(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in NO_TERMINAL | {VARIABLE}}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize("line", list(lines()))
def test_target_and_each_variable_exist(line: str) -> None:
    program, target, *given = shlex.split(line)
    assert program == "make"
    module = f"infra.deployment.deploy {target} production"
    if target == "deploy-local":
        module = "tests.end_to_end.deploy_local"
    assert f"-m {module}" in make("--dry-run", target, *given).stdout
    recipe = MAKEFILE[MAKEFILE.index(f"\n{target}: ") :].partition("\n\n")[0]
    for variable in (word.partition("=")[0] for word in given):
        assert f"$({variable})" in recipe or (variable == VARIABLE and f"{VARIABLE}=1" in recipe)


def test_confirmation_reaches_the_command() -> None:
    made = make("undeploy", "STAGE=dev", "YES=1", f"PYTHON=printenv {VARIABLE}; true")
    assert made.stdout == "1\n"


def test_parameters_reach_the_command_as_they_are() -> None:
    parameters = "Sender=o'neil@example.org AlarmAddress=<you>"
    made = make("configure", "STAGE=dev", f"PARAMETERS={parameters}", "PYTHON=printf '%s|'")
    assert made.stdout.endswith("|--parameter|Sender=o'neil@example.org|--parameter|AlarmAddress=<you>|")


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "make deploy-local" not in commands(job)])
def test_job_that_changes_a_stage_is_alone_and_not_cancelled(name: str) -> None:
    job = JOBS[name]
    assert job["concurrency"] == {"group": f"deploy-{name}", "cancel-in-progress": False}
    assert {re.findall(r"STAGE=(\S+)", command)[0] for command in commands(job)} == {name}
    assert job["needs"] == "local"
    assert "pull_request" in job["if"]


def test_credentials_are_those_of_a_role_and_of_no_key() -> None:
    text = (HOWTO / "deploy.yml").read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "aws_access_key" not in text.lower()
    (step,) = (step for step in JOBS["production"]["steps"] if "configure-aws-credentials" in step.get("uses", ""))
    assert step["with"]["role-to-assume"] == "${{ vars.DEPLOY_ROLE_ARN }}"
    assert JOBS["production"]["permissions"]["id-token"] == "write"
    assert "permissions" not in JOBS["local"]
    assert WORKFLOW["permissions"] == {"contents": "read"}


def test_both_jobs_run_on_one_of_lambdas_pythons() -> None:
    setups = [step for job in JOBS.values() for step in job["steps"] if "setup-python" in step.get("uses", "")]
    (version,) = {step["with"]["python-version"] for step in setups}
    assert len(setups) == len(JOBS)
    assert runtime_named(f"python{version}")


@pytest.mark.usefixtures("released")
@pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")
def test_command_without_a_terminal_deletes_only_what_is_confirmed() -> None:
    refused = TypedCommand({VARIABLE: None}).deploy("undeploy", "dev")
    assert (refused.status, refused.err) == (
        1,
        "nothing was deleted: there is no terminal to ask for confirmation. Set YES=1 to confirm.\n",
    )
    done = TypedCommand({VARIABLE: "1"}).deploy("undeploy", "dev")
    assert (done.status, done.err) == (0, "")
    assert not re.search(r"[\x1b\r]", done.out)
    status = TypedCommand().deploy("status", "dev")
    assert status.status == 1
    assert "! release         nothing is deployed\n" in status.out
    assert status.err.startswith("subs-dev is not healthy: release, commit, since, health.")
