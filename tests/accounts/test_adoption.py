"""A database of the release before: forward, the old code on the new tables, and forward again."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.adoption import FIRST, LAST_OF_AUTH
from config.operations.release_migrations import MigrationFailed, ReleaseMigrations
from tests.support.release_before import PROJECT, Release, check_out

pytestmark = pytest.mark.slow

OLD_WRITES = """
import json
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from subscriptions.models import Plan
from subscriptions.services import SubscriptionService

def may(codename):
    return Permission.objects.get(content_type__app_label="auth", content_type__model="user", codename=codename)

ada = User.objects.create_user("ada", "ada@example.com", "correct horse")
for name, address in [
    ("first", "twin@example.com"), ("second", "Twin@Example.com"), ("empty", ""), ("Grace", "g@example.com"),
    ("grace", "h@example.com"),
]:
    User.objects.create_user(name, address)
support = User.objects.create_user("support", "support@example.com", is_staff=True)
support.user_permissions.add(may("change_user"), may("delete_user"))
group = Group.objects.create(name="Support")
group.permissions.add(may("view_user"))
support.groups.add(group)
LogEntry.objects.create(
    user=support, content_type=ContentType.objects.get_for_model(User), object_id=str(ada.pk), object_repr="ada",
    action_flag=CHANGE, change_message="[]",
)
SubscriptionService.create_subscription(ada, Plan.objects.create(name="Monthly", price="9.90", duration_days=30))
client = Client()
assert client.login(username="ada", password="correct horse")
print(json.dumps(client.session.session_key))
"""

OLD_GOES_ON = """
import json
from django.contrib.auth.models import Permission, User
from django.test import Client
from subscriptions.models import Subscription

def may(codename):
    return Permission.objects.get(content_type__app_label="auth", content_type__model="user", codename=codename)

client = Client()
signed_in = client.post("/sign-in/", {"username": "ada", "password": "correct horse"})
page = client.get("/subscriptions/")
fields = {"username": "dora", "email": "dora@example.com", "password1": "battery staple", "password2": "battery staple"}
signed_up = Client().post("/sign-up/", fields)
User.objects.create_user("third", "TWIN@example.com")
User.objects.create_user("fourth", "fourth@example.com")
support = User.objects.get(username="support")
held = sorted(each for each in support.get_all_permissions() if each.startswith("auth."))
support.user_permissions.add(may("add_user"))
print(json.dumps({
    "statuses": [signed_in.status_code, page.status_code, signed_up.status_code], "held": held,
    "shows the plan": "Monthly" in page.content.decode(), "users": User.objects.count(),
}))
"""

NEW_READS = """
import json
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.test import Client
User = get_user_model()
client = Client()
client.cookies["sessionid"] = "{session}"
support = User.objects.get(username="support")
print(json.dumps({{
    "model": User._meta.label, "users": User.objects.count(),
    "still signed in": client.get("/subscriptions/").status_code,
    "subscriber": User.objects.get(username="ada").groups.filter(name="Subscribers").exists(),
    "held": sorted(each for each in support.get_all_permissions() if each.startswith("accounts.")),
    "log": sorted(set(LogEntry.objects.values_list("content_type__app_label", flat=True))),
    "exempt": sorted(User.objects.filter(exempt_from_uniqueness=True).values_list("username", flat=True)),
}}))
"""

NEW_REVOKES = """
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
support = get_user_model().objects.get(username="support")
support.user_permissions.remove(Permission.objects.get(content_type__app_label="accounts", codename="delete_user"))
print("null")
"""

SCHEMA = """
import json
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
tables = ("auth_user", "auth_user_groups", "auth_user_user_permissions")
with connection.cursor() as cursor:
    columns = {
        table: sorted(
            map(str, ((c.name, c.type_code, c.null_ok, c.default) for c in
            connection.introspection.get_table_description(cursor, table)))
        ) for table in tables
    }
    constraints = {
        table: sorted(
            str((not found["foreign_key"] and name, sorted(map(str, found["columns"] or [])), found["unique"]))
            for name, found in connection.introspection.get_constraints(cursor, table).items()
        ) for table in tables
    }
print(json.dumps([columns, constraints]))
"""

_numbers = count(1)


def database_url(name: str, directory: Path) -> str:
    if connection.vendor == "sqlite":
        return f"sqlite:///{directory / name}.sqlite3"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


def execute(statement: str) -> None:
    with closing(psycopg.connect(database_url("postgres", Path()), autocommit=True)) as server:
        server.execute(statement)


@pytest.fixture(scope="module")
def new_database(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Create an empty database, or a copy of the one at a URL, and return its URL."""
    directory, made = tmp_path_factory.mktemp("databases"), []

    def create(original: str | None = None) -> str:
        name = f"adoption_{os.getpid()}_{next(_numbers)}"
        url = database_url(name, directory)
        if connection.vendor != "sqlite":
            made.append(name)
            execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {original.rpartition('/')[2]}" if original else ""))
        elif original:
            shutil.copy(original.removeprefix("sqlite:///"), url.removeprefix("sqlite:///"))
        return url

    yield create
    for name in made:
        execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def old_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return check_out(tmp_path_factory.mktemp("release-before"))


@pytest.fixture(scope="module")
def written(old_code: Path, new_database: Callable[..., str]) -> tuple[str, str]:
    """Return the URL of a database that the release before migrated and wrote, and the key of a session in it."""
    old = Release(old_code, new_database())
    old.manage("migrate", "--verbosity", "0")
    return old.database_url, old.shell(OLD_WRITES)


@pytest.fixture
def releases(old_code: Path, written: tuple[str, str], new_database: Callable[..., str]) -> tuple[Release, Release]:
    """Return the old and the new code on a copy of the database."""
    url = new_database(written[0])
    return Release(old_code, url), Release(PROJECT, url)


def read(new: Release, session: str) -> dict[str, Any]:
    found: dict[str, Any] = new.shell(NEW_READS.format(session=session))
    return found


FORWARD = {
    "model": "accounts.User",
    "users": 7,
    "still signed in": 200,
    "subscriber": True,
    "held": ["accounts.change_user", "accounts.delete_user", "accounts.view_user"],
    "log": ["accounts"],
    "exempt": ["grace", "second"],
}


@pytest.mark.parametrize("migrate", [("migrate", "--verbosity", "0"), ("migrate_release",)], ids=["run", "deployment"])
def test_forward_and_back_and_forward_again(
    migrate: tuple[str, ...], releases: tuple[Release, Release], written: tuple[str, str]
) -> None:
    old, new = releases
    new.manage(*migrate)
    assert read(new, written[1]) == FORWARD
    new.shell(NEW_REVOKES)

    old.manage("migrate", "--verbosity", "0")
    assert old.shell(OLD_GOES_ON) == {
        "statuses": [302, 200, 302],
        "held": ["auth.change_user", "auth.view_user"],
        "shows the plan": True,
        "users": 10,
    }

    new.manage(*migrate)
    assert read(new, written[1]) == FORWARD | {
        "users": 10,
        "held": ["accounts.add_user", "accounts.change_user", "accounts.view_user"],
        "exempt": ["dora", "fourth", "grace", "second", "third"],
    }
    assert new.manage("adopt_users") == "0 migrations recorded, 0 permissions granted, 0 log entries moved.\n"


def test_adopted_database_has_the_schema_of_a_new_one(
    releases: tuple[Release, Release], new_database: Callable[..., str]
) -> None:
    _old, adopted = releases
    fresh = Release(PROJECT, new_database())
    for release in (adopted, fresh):
        release.manage("migrate", "--verbosity", "0")
    assert adopted.shell(SCHEMA) == fresh.shell(SCHEMA)


def test_plan_shows_no_migration_that_is_only_recorded(releases: tuple[Release, Release]) -> None:
    program = (
        "import json; from django.db import connection; from config.operations.release_migrations import pending;"
        "print(json.dumps([str(each) for each in pending(connection) if each.app_label == 'accounts']))"
    )
    planned = releases[1].shell(program)
    assert planned[0] == "accounts.0002_indexes_and_columns"


@pytest.mark.django_db(transaction=True)
def test_table_of_an_older_django_is_refused() -> None:
    recorder = MigrationRecorder(connection)
    for migration in (FIRST, LAST_OF_AUTH):
        recorder.record_unapplied(*migration)
    try:
        with pytest.raises(CommandError, match="release before first"):
            call_command("adopt_users", stdout=StringIO())
        with pytest.raises(MigrationFailed, match="release before first"):
            ReleaseMigrations().run()
        assert FIRST not in recorder.applied_migrations()
    finally:
        for migration in (LAST_OF_AUTH, FIRST):
            recorder.record_applied(*migration)
