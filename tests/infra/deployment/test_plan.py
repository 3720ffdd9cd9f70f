"""`make plan`: shows a deployment as a diff without any effect."""

import json
import os
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.db.migrations.loader import MigrationLoader

from foundation.schema.operation_locks import LOCKS
from infra.deployment import deploy
from infra.deployment.deployment import Deployment
from infra.deployment.plan import Plan, asked, plan
from infra.deployment.steps import Steps
from infra.packaging.release import Release
from tests.infra.deployment.account import Account
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers
from tests.support.release_zip import release_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")


@pytest.fixture(autouse=True)
def clean_tree(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Release, "read", lambda: Release(tmp_path, commit="0" * 40, changes=(), files=()))


@pytest.fixture
def live(stage_on_aws: RunningStage) -> RunningStage:
    """Return the stage after `make deploy`, with a fully migrated database."""
    stage_on_aws.deploy("good")
    stage_on_aws.functions.applied = [".".join(key) for key in MigrationLoader(None).graph.nodes]
    return stage_on_aws


@pytest.fixture
def provided(stage_on_aws: RunningStage) -> RunningStage:
    """Return the stage with a release but no schedule."""
    stage_on_aws.provide("good")
    return stage_on_aws


def state_of_aws() -> Any:
    """Return the complete state of the local AWS, without moto's list of all change sets ever made."""
    boto3.client("events").list_event_buses()  # moto makes the default one when it is first asked
    with urllib.request.urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/data.json") as answer:  # noqa: S310
        state = json.load(answer)
    del state["cloudformation"]["Change"], state["cloudformation"]["ChangeSet"]
    return state


def change_sets() -> list[str]:
    stacks = ("subs-dev", "subs-dev-messaging")
    listed = [boto3.client("cloudformation").list_change_sets(StackName=stack)["Summaries"] for stack in stacks]
    return [found["ChangeSetName"] for summaries in listed for found in summaries]


def planned(deployment: Deployment, package: Path) -> dict[str, list[str]]:
    """Return the lines of each part."""
    return {title: asked(part) for title, part in Plan(deployment, package).parts().items()}


def test_plan_after_a_deployment_is_empty_and_changes_nothing(
    live: RunningStage, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state_of_aws()
    plan(live.deployment, Steps(), live.package("good"))
    assert state_of_aws() == before
    assert change_sets() == []
    said = capsys.readouterr().out
    for part in ("Stack subs-dev-messaging", "Function subs-dev", "Schedule", "Migrations", "Package"):
        assert f"{part}\n  no change\n" in said
    assert said.endswith("Nothing was changed.\n")


def change_everything(stage: RunningStage) -> Deployment:
    """Return the deployment after changes to template and settings."""
    settings = stage.settings
    settings["memory_size"] = 1024
    settings["aws_environment_variables"] |= {"LOG_LEVEL": "DEBUG", "SITE_URL": "https://new.example.com"}
    del settings["aws_environment_variables"]["RENEWAL_ALLOWED_TO"]
    scheduled = [event for event in settings["events"] if "expression" in event]
    scheduled[0]["expression"] = "rate(7 minutes)"
    settings["events"].remove(scheduled[1])
    settings["events"].append({"name": "night", "function": scheduled[1]["function"], "expression": "rate(1 day)"})
    stage.deployment.settings_file.write_text(json.dumps({"dev": settings}), encoding="utf-8")
    templates = stage.directory / "templates"
    templates.mkdir()
    body = (stage.deployment.templates / "messaging.yaml").read_text(encoding="utf-8")
    (templates / "messaging.yaml").write_text(body.replace("Resources:", ADDED, 1), encoding="utf-8")
    return replace(stage.deployment, templates=templates)


UNAPPLIED = {
    ("subscriptions", "0011_access_audit_run"),
    ("subscriptions", "0012_request_counts_move_to_throttling"),
    ("throttling", "0001_initial"),
}
ADDED = "Resources:\n  OneMoreTopic:\n    Type: AWS::SNS::Topic\n"


def test_every_kind_of_difference_is_shown(stage_on_aws: RunningStage) -> None:
    stage_on_aws.settings["aws_environment_variables"]["RENEWAL_ALLOWED_TO"] = "staff"
    stage_on_aws.deployment.settings_file.write_text(json.dumps({"dev": stage_on_aws.settings}), encoding="utf-8")
    stage_on_aws.deploy("good")
    nodes = MigrationLoader(None).graph.nodes
    stage_on_aws.functions.applied = [".".join(key) for key in nodes if key not in UNAPPLIED]
    deployment = change_everything(stage_on_aws)
    before = state_of_aws()
    parts = planned(deployment, stage_on_aws.package("next"))
    assert state_of_aws() == before
    assert parts["Stack subs-dev-messaging"] == ["+ OneMoreTopic (AWS::SNS::Topic)"]
    assert parts["Function subs-dev"] == [
        "~ memory 512 -> 1024",
        "+ variable LOG_LEVEL",
        "~ variable SITE_URL",
        "- variable RENEWAL_ALLOWED_TO",
    ]
    signs = sorted(line[0] for line in parts["Schedule"])
    assert signs == ["+", "-", "~"]
    assert any(line.endswith("rate(1 minute) -> rate(7 minutes)") for line in parts["Schedule"])
    mode, waits = LOCKS["CreateModel"]
    assert parts["Migrations"] == [
        "+ subscriptions.0011_access_audit_run",
        f"    Create model AccessAuditRun: {mode} ({waits})",
        "+ subscriptions.0012_request_counts_move_to_throttling",
        "+ throttling.0001_initial",
    ]
    assert parts["Package"][0].startswith("~ commit 000000000000, 0.0 MB")
    assert parts["Package"][1].endswith("0 files added, 1 changed, 0 removed") or "changed" in parts["Package"][1]


def test_first_deployment_is_all_new(stage_on_aws: RunningStage) -> None:
    before = state_of_aws()
    parts = planned(stage_on_aws.deployment, stage_on_aws.package("first"))
    assert state_of_aws() == before
    assert parts["Refused before anything is changed"] == ["nothing"]
    assert parts["Stack subs-dev"] == ["+ new: a REST API with its stage, by Zappa"]
    assert parts["Function subs-dev"][0].startswith("+ new: python3.")
    assert parts["Schedule"]
    assert all(line.startswith("+ ") for line in parts["Schedule"])
    assert parts["Migrations"][0].startswith("? could not be asked: no function runs yet; all ")
    assert parts["Package"][0].startswith("+ commit 000000000000")


def test_account_in_which_nothing_is(account: Account) -> None:
    account.with_stack, account.secret = False, None
    deployment = account.deployment()
    package = account.directory / "package.zip"
    package.write_bytes(release_of("first", account.stage))
    before = state_of_aws()
    parts = planned(deployment, package)
    assert state_of_aws() == before
    assert "run `make stack STAGE=dev` first" in "".join(parts["Refused before anything is changed"])
    assert parts["Stack subs-dev-messaging"][0].startswith("+ new, with AWS::")
    assert parts["Function subs-dev"][0].startswith("? could not be asked: there is no stack subs-dev-messaging")


def test_part_without_an_answer_is_named_and_the_rest_shown(provided: RunningStage, answers: InjectedAnswers) -> None:
    answers.refuse("cloudformation.CreateChangeSet", "AccessDenied", "not allowed to CreateChangeSet", status=403)
    provided.functions.broken.add("good")
    parts = planned(provided.deployment, provided.package("good"))
    assert "not allowed to CreateChangeSet" in parts["Stack subs-dev-messaging"][0]
    assert "does not report its applied migrations" in parts["Migrations"][0]
    assert parts["Schedule"][0].startswith("+ ")


def test_command_of_the_operator_prints_it(
    provided: RunningStage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("infra.deployment.plan.make_package", lambda stage: provided.package(f"of-{stage}"))
    assert deploy.main(["plan", "dev"], lambda stage: provided.deployment) == 0
    assert "Package\n  ~ commit" in capsys.readouterr().out
