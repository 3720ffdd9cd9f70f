"""Step `migrate` of a deployment: repeated while it makes progress, with instructions at its end."""

from datetime import timedelta
from typing import Any

import pytest

from config.operations.release_migrations import MigrationRun
from infra.deployment.database_migration import JOB, DatabaseMigration
from infra.errors import NotMigrated, RolledBack
from infra.local.lambda_function import LambdaFunction
from tests.infra.deployment.answering_functions import MIGRATED
from tests.infra.deployment.running_stage import RunningStage
from tests.support.injected_answers import InjectedAnswers

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

ONE, TWO = "shop.0001_one", "shop.0002_two"


def outcome(*applied: str, **members: Any) -> dict[str, Any]:
    return MigrationRun(list(applied), **members).as_dict()


STUCK = {"time": "longer than one invocation.*manage.py migrate_release", "lock": "pg_stat_activity"}


@pytest.fixture
def live(stage_on_aws: RunningStage) -> RunningStage:
    stage_on_aws.provide("good")
    return stage_on_aws


def migrations_run(stage: RunningStage) -> int:
    return sum(event.get("command") == JOB for _, event in stage.functions.ran)


def test_it_is_invoked_again_until_all_is_applied(live: RunningStage, capsys: pytest.CaptureFixture[str]) -> None:
    live.functions.migrations = [
        outcome(ONE, remaining=[TWO], stopped_by="time", has_progressed=True),
        outcome(remaining=[TWO], stopped_by="time", stopped_at=TWO, has_progressed=True),  # batches of rows
        outcome(TWO, has_progressed=True),
    ]
    live.functions.applied, live.functions.pending = ["shop.0000"], {ONE: ["Add field: ACCESS EXCLUSIVE"], TWO: []}
    live.deploy("next")
    said = capsys.readouterr().out
    assert said.index(f"\n    {ONE}\n      Add field: ACCESS EXCLUSIVE\n    {TWO}") < said.index("2 applied")
    assert (migrations_run(live), live.served(), live.kept()) == (3, "next", ["good", "next"])


def test_release_that_is_not_migrated_is_rolled_back(live: RunningStage) -> None:
    live.functions.migrations = [outcome(remaining=[TWO], stopped_by="time", stopped_at=TWO)]
    with pytest.raises(RolledBack, match=rf"NotMigrated: {TWO} was not applied \(1 to go\)\. .*migrate_release"):
        live.deploy("next")
    assert (live.served(), live.kept()) == ("good", ["good"])
    live.prove_usable()


@pytest.mark.parametrize("reason", STUCK)
def test_repetition_that_leads_nowhere_is_refused_with_what_to_do(live: RunningStage, reason: str) -> None:
    live.functions.migrations = [outcome(remaining=[TWO], stopped_by=reason, stopped_at=TWO)]
    with pytest.raises(NotMigrated, match=STUCK[reason]):
        DatabaseMigration(live.deployment.function).run()
    assert migrations_run(live) == 1


def test_another_run_is_waited_for(live: RunningStage) -> None:
    live.functions.migrations = [outcome(remaining=[TWO], stopped_by="other run")] * 2 + [outcome(TWO)]
    said = DatabaseMigration(live.deployment.function, pause=timedelta(milliseconds=1)).run()
    assert (said, migrations_run(live)) == ("1 applied", 3)


def test_another_run_is_not_waited_for_without_end(live: RunningStage) -> None:
    live.functions.migrations = [outcome(remaining=[TWO], stopped_by="other run")]
    with pytest.raises(NotMigrated, match=r"Another process runs migrations"):
        DatabaseMigration(live.deployment.function, limit=timedelta(0)).run()


def test_progress_has_a_limit(live: RunningStage) -> None:
    live.functions.migrations = [outcome(ONE, remaining=[TWO], stopped_by="time", has_progressed=True)]
    with pytest.raises(NotMigrated, match=rf"{TWO} was not applied"):
        DatabaseMigration(live.deployment.function, limit=timedelta(0)).run()


def test_lost_answer_is_named(live: RunningStage, answers: InjectedAnswers) -> None:
    answers.lose("lambda.Invoke", skip=1)
    with pytest.raises(RolledBack, match=r"NotMigrated: AWS did not answer config\.operations\.release_jobs\.migrate"):
        live.deploy("next")
    assert live.served() == "good"
    live.deploy("next")
    assert live.served() == "next"


@pytest.mark.django_db(transaction=True)
def test_double_answers_as_the_function_does(lambda_function: LambdaFunction) -> None:
    assert lambda_function.invoke({"command": JOB}) | {"has_progressed": False} == MIGRATED
