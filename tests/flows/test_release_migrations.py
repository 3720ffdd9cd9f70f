"""Migrations of a release: no statement blocks others for long, and an interrupted run is resumed."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.operations.release_jobs import migrate, migrations
from config.operations.release_migrations import MigrationFailed, MigrationRun, ReleaseMigrations
from foundation.schema.migration_limits import SETTINGS
from foundation.schema.migration_lock import KEY
from infra.deployment.database_migration import DatabaseMigration
from infra.deployment.deployed_function import DeployedFunction
from infra.errors import NotMigrated
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.lambda_local.moto_gaps.functions import Request
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.lambda_function import LambdaFunction
from tests.flows.trial_migrations import CLOCK, COLUMN, TABLE, migrations_of
from tests.support.lambda_context import Context
from tests.support.locks import number_blocked, wait_until_blocked
from tests.support.patience import wait_until
from tests.support.release_zip import code_of

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

SHORT = timedelta(milliseconds=50)
INSERT = 'migrations.RunSQL("INSERT INTO config_trial (number) SELECT generate_series(1, 10)")'
SLEEP = 'migrations.RunSQL("SELECT pg_sleep(60)")'
INDEX = 'AddIndexConcurrently("Trial", models.Index(fields=["number"], name="trial_number"))'


RAW = "CREATE INDEX CONCURRENTLY IF NOT EXISTS trial_number ON config_trial (number)"
BATCH = "INSERT INTO config_trial (number) SELECT 1 FROM pg_sleep(0.01)"


def run(seconds: float | None = None) -> MigrationRun:
    """Run pending migrations with short waits and this time limit."""
    end = None if seconds is None else time.monotonic() + seconds

    def time_left() -> timedelta | None:
        return None if end is None else timedelta(seconds=end - time.monotonic())

    return ReleaseMigrations(time_left, lock_wait=SHORT, pause=SHORT).run()


@contextmanager
def other_session() -> Iterator[psycopg.Connection[Any]]:
    """Yield another database session with a transaction that is rolled back."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "dbname")
    other = psycopg.connect(**{name: parameters[name] for name in names if name in parameters})
    try:
        yield other
    finally:
        other.rollback()
        other.close()


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_all_is_applied_once(tmp_path: Path) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_rows=INSERT):
        assert run() == MigrationRun(["config.m1_table", "config.m2_rows"], has_progressed=True)
        again = run()
        assert (again.applied, again.remaining, again.stopped_by) == ([], [], "")
        assert rows("SELECT count(*) FROM config_trial") == [(10,)]


def prepare(name: str) -> None:
    """Apply the migrations before the one under test."""
    call_command("migrate", "config", name, verbosity=0)


def run_in_a_thread(outcomes: list[MigrationRun]) -> None:
    try:
        outcomes.append(run())
    finally:
        connection.close()


def test_migration_that_waits_for_a_lock_lets_others_pass(tmp_path: Path) -> None:
    """The reader arrives after the migration, waits behind it, and is served between two attempts."""
    outcomes: list[MigrationRun] = []
    with migrations_of(tmp_path, m1_table=TABLE, m2_column=COLUMN), other_session() as holder:
        prepare("m1_table")
        holder.execute("SELECT * FROM config_trial")
        migrating = threading.Thread(target=run_in_a_thread, args=[outcomes])
        migrating.start()
        with other_session() as reader:
            assert reader.execute("SELECT count(*) FROM config_trial").fetchall() == [(0,)]
        migrating.join()
        assert outcomes == [
            MigrationRun(remaining=["config.m2_column"], stopped_by="lock", stopped_at="config.m2_column")
        ]
        holder.rollback()
        assert run().applied == ["config.m2_column"]


def test_lock_that_is_given_back_in_time_stops_nothing(tmp_path: Path) -> None:
    outcomes: list[MigrationRun] = []
    with migrations_of(tmp_path, m1_table=TABLE, m2_column=COLUMN), other_session() as holder:
        prepare("m1_table")
        holder.execute("SELECT * FROM config_trial")
        migrating = threading.Thread(target=run_in_a_thread, args=[outcomes])
        migrating.start()
        wait_until_blocked()
        holder.rollback()
        migrating.join()
    assert outcomes == [MigrationRun(["config.m2_column"], has_progressed=True)]


def test_statement_outside_of_a_transaction_is_tried_again_by_itself(tmp_path: Path) -> None:
    """The preceding operation of the migration cannot be repeated."""
    operations = f"{INDEX}, {COLUMN}"
    outcomes: list[MigrationRun] = []
    with migrations_of(tmp_path, m1_table=TABLE, m2_online=operations), other_session() as holder:
        prepare("m1_table")
        holder.execute("SELECT * FROM config_trial")
        migrating = threading.Thread(target=run_in_a_thread, args=[outcomes])
        migrating.start()
        wait_until_blocked()
        holder.rollback()
        migrating.join()
        assert outcomes == [MigrationRun(["config.m2_online"], has_progressed=True)]
        assert rows(VALID) == [(True,)]


VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('trial_number')"


def test_index_is_built_while_others_write_however_long_they_take(tmp_path: Path) -> None:
    """The build waits for the writer, longer than for any lock, and blocks nobody."""
    outcomes: list[MigrationRun] = []
    with migrations_of(tmp_path, m1_table=TABLE, m2_online=INDEX), other_session() as writer:
        prepare("m1_table")
        writer.execute("INSERT INTO config_trial (number) VALUES (1)")
        migrating = threading.Thread(target=run_in_a_thread, args=[outcomes])
        migrating.start()
        wait_until_blocked()
        started = time.monotonic()
        wait_until(lambda: time.monotonic() - started > 10 * SHORT.total_seconds())
        assert number_blocked() == 1
        with other_session() as other_writer:
            other_writer.execute("INSERT INTO config_trial (number) VALUES (1)")
        writer.commit()
        migrating.join()
        assert outcomes == [MigrationRun(["config.m2_online"], has_progressed=True)]
        assert rows(VALID) == [(True,)]


CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.mark.parametrize("statement", [INDEX, f"migrations.RunSQL('{RAW}')"])
def test_index_whose_build_was_interrupted_is_built_anew(tmp_path: Path, statement: str) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_online=statement), other_session() as writer:
        prepare("m1_table")
        writer.execute("INSERT INTO config_trial (number) VALUES (1)")
        with ThreadPoolExecutor(1) as executor:
            failing = executor.submit(run_in_a_thread, [])
            wait_until_blocked()
            rows(CANCEL)
            with pytest.raises(MigrationFailed, match=r"config\.m2_online: .*cancel"):
                failing.result()
        writer.rollback()
        assert rows(VALID) == [(False,)]
        assert run().applied == ["config.m2_online"]
        assert rows(VALID) == [(True,)]


def test_statement_ends_before_the_time_does(tmp_path: Path) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_sleep=SLEEP):
        prepare("m1_table")
        always_a_second = ReleaseMigrations(lambda: timedelta(seconds=1))
        assert always_a_second.run() == MigrationRun([], ["config.m2_sleep"], "time", "config.m2_sleep")


def test_migration_begins_only_while_more_than_half_of_the_time_is_left(tmp_path: Path) -> None:
    """The migration may need more time, which the next run has."""
    passes = "migrations.RunPython(lambda apps, editor: CLOCK.update(seconds=49))"
    with migrations_of(tmp_path, m1_table=TABLE, m2_slow=passes, m3_rows=INSERT):
        prepare("m1_table")
        CLOCK["seconds"] = 100
        stopped = ReleaseMigrations(lambda: timedelta(seconds=CLOCK["seconds"])).run()
        assert stopped == MigrationRun(["config.m2_slow"], ["config.m3_rows"], "time", "", has_progressed=True)
        assert ReleaseMigrations(lambda: timedelta(seconds=CLOCK["seconds"])).run().applied == ["config.m3_rows"]


def test_migration_that_computes_for_too_long_is_stopped_between_two_statements(tmp_path: Path) -> None:
    code = (
        "migrations.RunPython(lambda apps, editor: [editor.execute('SELECT pg_sleep(0.01)') for number in range(9999)])"
    )
    with migrations_of(tmp_path, m1_table=TABLE, m2_busy=code):
        prepare("m1_table")
        assert run(seconds=5) == MigrationRun([], ["config.m2_busy"], "time", "config.m2_busy")


def test_batches_that_were_committed_are_progress(tmp_path: Path) -> None:
    code = f"migrations.RunPython(lambda apps, editor: [editor.execute('{BATCH}') for number in range(9999)])"
    with migrations_of(tmp_path, m1_table=TABLE, m2_batches_online=code):
        prepare("m1_table")
        outcome = run(seconds=15)  # a busy machine needs some of them to begin
        assert (outcome.stopped_by, outcome.applied, outcome.has_progressed) == ("time", [], True)
        assert rows("SELECT count(*) > 0 FROM config_trial") == [(True,)]


def test_failure_names_its_migration_and_repeats_no_row(tmp_path: Path) -> None:
    unique = "migrations.RunSQL('CREATE UNIQUE INDEX ON config_trial ((number / number + 774411))')"
    with (
        migrations_of(tmp_path, m1_table=TABLE, m2_rows=INSERT, m3_unique=unique),
        pytest.raises(MigrationFailed) as failed,
    ):
        run()
    assert str(failed.value).startswith("config.m3_unique: IntegrityError: could not create unique index")
    assert "774412" not in str(failed.value)


def test_limits_end_with_the_run(tmp_path: Path) -> None:
    before = rows("SELECT " + ", ".join(f"current_setting('{setting}')" for setting in SETTINGS))
    with migrations_of(tmp_path, m1_table=TABLE, m2_online=INDEX):
        run(seconds=60)
        assert rows("SELECT " + ", ".join(f"current_setting('{setting}')" for setting in SETTINGS)) == before


def test_limits_hold_in_a_transaction_and_outside(tmp_path: Path) -> None:
    values = ", ".join(f"current_setting('{setting}')" for setting in SETTINGS)
    table = 'migrations.RunSQL("CREATE TABLE config_trial (number serial, wait text, statement text, idle text)")'
    note = f'migrations.RunSQL("INSERT INTO config_trial (wait, statement, idle) SELECT {values}")'
    with migrations_of(tmp_path, m1_table=table, m2_rows=note, m3_rows_online=note):
        assert run(seconds=600).stopped_by == ""
        limits = rows("SELECT wait, idle, statement::interval BETWEEN '1s' AND '600s' FROM config_trial")
    assert limits == [("50ms", "30s", True)] * 2


def test_command_of_django_has_limits_too(tmp_path: Path) -> None:
    table = 'migrations.RunSQL("CREATE TABLE config_trial (wait text, idle text)")'
    values = f"current_setting('{SETTINGS[0]}'), current_setting('{SETTINGS[2]}')"
    note = f'migrations.RunSQL("INSERT INTO config_trial SELECT {values}")'
    with migrations_of(tmp_path, m1_table=table, m2_rows=note, m3_rows_online=note):
        call_command("migrate", verbosity=0)
        assert rows("SELECT * FROM config_trial") == [("3s", "30s")] * 2


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_column=COLUMN), other_session() as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [KEY])
        assert run() == MigrationRun([], ["config.m1_table", "config.m2_column"], "other run")
        holder.rollback()
        assert run().stopped_by == ""


def test_function_answers_with_what_it_did(tmp_path: Path) -> None:
    with migrations_of(tmp_path, m1_table=TABLE):
        told = migrations({"command": "config.operations.release_jobs.migrations"}, WholeInvocation())
        (locks,) = told["pending"]["config.m1_table"]
        assert locks.startswith("Create model Trial: none of a table in use")
        assert "subscriptions.0001_initial" in told["applied"]
        answer = migrate({"command": "config.operations.release_jobs.migrate"}, WholeInvocation())
        assert json.loads(json.dumps(answer))["applied"] == ["config.m1_table"]


class WholeInvocation(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def test_command_for_other_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_sleep=SLEEP):
        prepare("m1_table")
        with pytest.raises(CommandError, match="stopped by: time; 1 migrations remain"):
            call_command("migrate_release", "--seconds", "5")  # the migration begins within half of it
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["remaining"], told["stopped_at"]) == (["config.m2_sleep"], "config.m2_sleep")


class InThisProcess:
    """Runner of a local function by the stage's handler, on the test database."""

    def __init__(self, function: LambdaFunction) -> None:
        self._function = function

    def invoke(self, function: object, event: Any) -> InvocationResult:
        try:
            payload = self._function.invoke(event)
        finally:
            connection.close()  # this thread's, which is the server's
        return InvocationResult("a-request", payload, None, timedelta(), None, "")

    def invoke_later(self, function: object, event: Any) -> object:
        raise NotImplementedError


@pytest.fixture
def deployed(aws: LocalAWS, lambda_function: LambdaFunction, monkeypatch: pytest.MonkeyPatch) -> DeployedFunction:
    """Return a function of the local AWS with a short lock timeout."""
    limits = {"lock_wait": SHORT, "pause": SHORT}
    monkeypatch.setattr(ReleaseMigrations.__init__, "__kwdefaults__", limits)
    role = boto3.client("iam").create_role(RoleName="migrating", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    client = boto3.client("lambda")
    client.create_function(
        FunctionName="migrating", Runtime="python3.11", Role=role, Handler="a.a", Code={"ZipFile": code_of("a")}
    )
    monkeypatch.setattr(Request, "runner", InThisProcess(lambda_function))
    return DeployedFunction(client, "migrating")


def test_deployment_ends_with_the_lock_that_was_held_and_goes_on_later(
    tmp_path: Path, deployed: DeployedFunction, capsys: pytest.CaptureFixture[str]
) -> None:
    with migrations_of(tmp_path, m1_table=TABLE, m2_column=COLUMN, m3_rows=INSERT), other_session() as holder:
        prepare("m1_table")
        holder.execute("SELECT * FROM config_trial")
        refusal = r"config\.m2_column was not applied \(2 to go\)\. Other sessions held a lock"
        with pytest.raises(NotMigrated, match=refusal):
            DatabaseMigration(deployed).run()
        assert "Add field extra to Trial: ACCESS EXCLUSIVE" in capsys.readouterr().out
        holder.rollback()
        assert DatabaseMigration(deployed).run() == "2 applied"
        assert DatabaseMigration(deployed).run() == "nothing to apply"
