"""Releases that are deployed, fail and are rolled back, despite errors of AWS and concurrent changes."""

import re
import threading
from functools import partial
from typing import Any

import boto3
import pytest

from infra.deployment import deployment_lock
from infra.deployment.database_migration import PLAN, DatabaseMigration
from infra.errors import DeploymentLocked, NotMigrated, RollbackFailed, RolledBack
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers
from tests.support.release_zip import code_of

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

GATE = {"GATE_TABLE": "subs-dev-gate", "DATABASE_CONNECT_SECONDS": "25"}
EXPIRED = "The security token included in the request is expired"


@pytest.fixture
def live(stage_on_aws: RunningStage) -> RunningStage:
    """Return a stage with a kept release."""
    stage_on_aws.provide("good")
    return stage_on_aws


def deploy_with_a_gate_and_without(live: RunningStage) -> None:
    live.settings["aws_environment_variables"] |= GATE
    live.write_settings()
    live.deploy("gated")
    del live.settings["aws_environment_variables"]["GATE_TABLE"]
    live.write_settings()
    live.deploy("ungated")


def test_release_that_fails_is_rolled_back(live: RunningStage, capsys: pytest.CaptureFixture[str]) -> None:
    live.functions.broken.add("bad")
    with pytest.raises(RolledBack, match=r"NotMigrated: config\.operations\.release_jobs\.migrations failed"):
        live.deploy("bad")

    assert (live.served(), live.kept()) == ("good", ["good"])
    said = capsys.readouterr().out
    assert said.index("config.operations.release_jobs.migrations failed") < said.index("restore version 1")
    assert "live now:  version 1" in said.rpartition("smoke test")[2]


def test_failed_attempts_do_not_destroy_the_release_to_go_back_to(live: RunningStage) -> None:
    functions = boto3.client("lambda")
    for number in range(12):  # each attempt publishes two versions
        code = code_of(f"attempt {number}")
        functions.update_function_code(FunctionName="subs-dev", ZipFile=code, Publish=True)
    live.functions.broken.add("bad")
    with pytest.raises(RolledBack):
        live.deploy("bad")
    assert (live.served(), live.kept()) == ("good", ["good"])

    live.deploy("better")
    assert (live.served(), live.kept()) == ("better", ["good", "better"])
    versions = functions.list_versions_by_function(FunctionName="subs-dev")["Versions"]
    assert len(versions) == len(["$LATEST", "good", "better"])
    live.prove_usable()


def test_payment_provider_that_is_down_fails_the_first_release_with_it_and_no_later_one(live: RunningStage) -> None:
    live.settings["aws_environment_variables"]["PAYMENT_PROVIDER"] = "stripe"
    live.write_settings()
    live.functions.provider_is_down = True
    with pytest.raises(RolledBack, match=r"the function failed on .*payments check"):
        live.deploy("paying")
    assert live.kept() == ["good"]

    live.functions.provider_is_down = False
    live.deploy("paying")
    live.functions.provider_is_down = True
    live.deploy("later")
    assert (live.served(), live.kept()) == ("later", ["good", "paying", "later"])
    live.rollback()
    assert (live.served(), live.kept()) == ("paying", ["good", "paying"])


def test_rollback_opens_the_gate_of_a_release_that_has_one(
    live: RunningStage, capsys: pytest.CaptureFixture[str]
) -> None:
    """The release without it has written meanwhile, and opened nothing."""
    deploy_with_a_gate_and_without(live)

    live.functions.ran.clear()
    live.rollback()
    assert ("gated", {"command": PLAN}) in live.functions.ran
    live.functions.ran.clear()
    live.rollback()
    assert live.served() == "good"
    assert {"command": PLAN} not in [event for _code, event in live.functions.ran]
    assert "this release has none" in capsys.readouterr().out


def test_release_with_a_gate_begins_with_an_open_one_after_one_without(
    live: RunningStage, answers: InjectedAnswers
) -> None:
    """The releases without one wrote what is due, and left the markers of before."""
    items: list[Any] = []
    table = boto3.resource("dynamodb").Table(GATE["GATE_TABLE"])

    def leave_markers() -> None:
        table.put_item(Item={"id": "gate", "token": "former", "markers": {"sweep": 1_900_000_000}})

    def look() -> None:
        items.append(table.get_item(Key={"id": "gate"}).get("Item"))

    leave_markers()
    answers.before("lambda.UpdateFunctionCode", look)
    deploy_with_a_gate_and_without(live)

    leave_markers()
    answers.before("lambda.UpdateFunctionCode", look)
    live.rollback()
    assert live.served() == "gated"
    assert items == [None, None]


@pytest.mark.parametrize(
    "error", [("AccessDeniedException", EXPIRED, 400), ("ResourceNotFoundException", "no such table", 400)]
)
def test_markers_that_cannot_be_deleted_stop_no_deployment(
    error: tuple[str, str, int], live: RunningStage, answers: InjectedAnswers, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message, status = error
    answers.refuse("dynamodb.DeleteItem", code, message, status=status)
    live.settings["aws_environment_variables"] |= GATE
    live.write_settings()
    live.deploy("gated")
    assert live.served() == "gated"
    said = capsys.readouterr().out
    assert "it may be closed for GATE_CEILING_HOURS at most" in said
    assert message in said


def test_gate_that_cannot_be_opened_stops_no_rollback(live: RunningStage, monkeypatch: pytest.MonkeyPatch) -> None:
    live.settings["aws_environment_variables"] |= GATE
    live.write_settings()
    live.deploy("gated")
    live.deploy("later")

    def fail(_migration: DatabaseMigration) -> None:
        raise NotMigrated(EXPIRED)

    monkeypatch.setattr(DatabaseMigration, "open_gate", fail)
    live.rollback()
    assert live.served() == "gated"


def test_release_that_cannot_be_kept_is_rolled_back(live: RunningStage, answers: InjectedAnswers) -> None:
    answers.refuse("lambda.PublishVersion", "ResourceConflictException", "an update is in progress", status=409)
    with pytest.raises(RolledBack, match="an update is in progress"):
        live.deploy("next")
    assert (live.served(), live.kept()) == ("good", ["good"])


def test_code_that_somebody_else_uploads_meanwhile_is_not_kept(live: RunningStage, answers: InjectedAnswers) -> None:
    answers.before("lambda.PublishVersion", partial(live.edit_in_the_console, "hotfix"))
    with pytest.raises(RolledBack, match="NotAsPackaged"):
        live.deploy("next")
    assert (live.served(), live.kept()) == ("good", ["good"])


def test_failure_of_the_way_back_does_not_hide_the_failure(
    live: RunningStage, answers: InjectedAnswers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.functions.broken.add("bad")

    def expire() -> None:
        for operation in ("GetFunction", "GetFunctionConfiguration", "ListTags", "ListVersionsByFunction"):
            answers.refuse(f"lambda.{operation}", "ExpiredTokenException", EXPIRED, status=403, times=100)

    answers.before("lambda.Invoke", expire)
    with pytest.raises(RollbackFailed, match=rf"(?s)config.operations.release_jobs.migrations failed.*{EXPIRED}"):
        live.deploy("bad")
    said = capsys.readouterr().out
    assert "division by zero" in said
    assert "live now:  AWS did not answer: An error occurred (ExpiredTokenException)" in said
    assert "`make deploy STAGE=dev`" in said

    answers.forget()
    assert live.kept() == ["good"]
    live.prove_usable()


def test_rollback_after_a_hotfix_in_the_console_goes_back_to_what_was_kept(live: RunningStage) -> None:
    live.edit_in_the_console("hotfix")
    assert live.served() == "hotfix"
    live.rollback()
    assert (live.served(), live.kept()) == ("good", ["good"])
    live.prove_usable()


def test_interrupted_rollback_goes_to_the_same_release_when_it_is_repeated(
    live: RunningStage, answers: InjectedAnswers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.deploy("next")
    # The first change of the configuration is that of the handler's name, before the code.
    for operation, skip in (("lambda.UpdateFunctionConfiguration", 1), ("lambda.UntagResource", 0)):
        answers.refuse(operation, "ExpiredTokenException", EXPIRED, status=403, skip=skip)
        with pytest.raises(Exception, match=EXPIRED):
            live.rollback()
        assert live.served() == "good"
        if operation == "lambda.UpdateFunctionConfiguration":
            assert "`make rollback STAGE=dev` for version 1" in capsys.readouterr().out.rpartition("next:")[2]

    live.rollback()
    assert (live.served(), live.kept()) == ("good", ["good"])


def test_two_people_do_not_deploy_at_once(live: RunningStage, answers: InjectedAnswers) -> None:
    other, refused = live.of_somebody_else(), []

    def deploy_too() -> None:
        for command in (partial(other.deploy, "theirs"), other.rollback):
            with pytest.raises(
                DeploymentLocked, match=r"`make deploy` by arn:aws:\S+ since 20\S+ is changing this stage"
            ) as raised:
                command()
            refused.append(str(raised.value))

    answers.before("lambda.PublishVersion", deploy_too)
    live.deploy("ours")
    assert len(refused) == 2
    assert all(re.match(r"`make deploy` by arn:aws:\S+ since 20\S+ is changing this stage", said) for said in refused)
    assert (live.served(), live.kept()) == ("ours", ["good", "ours"])
    live.prove_usable()


def test_lock_of_the_dead_ends_by_itself(stage_on_aws: RunningStage, capsys: pytest.CaptureFixture[str]) -> None:
    stage_on_aws.deployment.bucket.provide()
    dead = stage_on_aws.deployment.lock("deploy")
    assert dead._write("")  # and never renews it
    stage_on_aws.deploy("first")
    assert "taken for dead unless it renews the lock within" in capsys.readouterr().out
    assert stage_on_aws.served() == "first"


def test_process_with_an_expired_lease_stops(live: RunningStage, answers: InjectedAnswers) -> None:
    bucket, key = live.deployment.bucket.name, deployment_lock.KEY

    def take_over() -> None:
        boto3.client("s3").delete_object(Bucket=bucket, Key=key)
        other = live.deployment.lock("rollback")
        assert other._write("")
        threading.Event().wait(live.deployment.lease.total_seconds())

    answers.before("lambda.Invoke", take_over)
    with pytest.raises(RollbackFailed, match="DeploymentLockLost"):
        live.deploy("next")
    assert "lambda.PublishVersion" not in answers.calls
    live.prove_usable()
