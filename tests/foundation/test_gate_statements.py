"""Statements that open the gate."""

import pytest

from foundation.gate_statements import may_make_due

HARMLESS = frozenset({"django_session"})


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT "id" FROM "subscriptions_subscription" FOR UPDATE',
        "(SELECT 1) UNION (SELECT 2)",
        'SAVEPOINT "s1"',
        'RELEASE SAVEPOINT "s1"',
        'ROLLBACK TO SAVEPOINT "s1"',
        "SET lock_timeout = 1000",
        'UPDATE "django_session" SET "expire_date" = %s WHERE "session_key" = %s',
        'INSERT INTO "django_session" ("session_key") VALUES (%s)',
        'DELETE FROM "django_session" WHERE TRUE',
    ],
)
def test_reading_and_harmless_statements_leave_it_closed(sql: str) -> None:
    assert not may_make_due(sql, HARMLESS)


@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE "subscriptions_subscription" SET "end_date" = %s',
        'INSERT INTO "a_table_that_nobody_knows" VALUES (1)',
        'DELETE FROM "auth_group"',
        'WITH "gone" AS (DELETE FROM "x" RETURNING id) SELECT * FROM "gone"',
        'EXPLAIN ANALYZE UPDATE "x" SET "y" = 1',
        'TRUNCATE "django_session"',
        'MERGE INTO "django_session" USING x ON TRUE WHEN MATCHED THEN DELETE',
        'COPY "django_session" FROM STDIN',
        'ALTER TABLE "x" ADD COLUMN "y" integer',
        "CALL something()",
        "update django_session set x = '; y'",
        "DO $$ BEGIN END $$",
        'SELECT 1; DELETE FROM "x"',
        '-- a note\nDELETE FROM "x"',
        'UPDATE ONLY "subscriptions_subscription" SET "end_date" = %s',
        'UPDATE public.subscriptions_subscription SET "end_date" = %s',
        "",
    ],
)
def test_all_others_open_it(sql: str) -> None:
    assert may_make_due(sql, HARMLESS)
