"""Service under other user models, each in a process of its own with a new database."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

SERVICE = "tests/user_models/test_service.py"

OTHERS = {
    "member": [
        "tests/accounts/test_erasure.py",
        "tests/subscriptions/access/test_membership.py",
        "tests/accounts/admin/test_users.py",
    ],
    "email_name": [
        "tests/accounts/test_erasure.py",
        "tests/subscriptions/access/test_membership.py",
        "tests/accounts/admin/test_tokens.py",
    ],
    "uuid_key": [
        "tests/accounts/test_erasure.py",
        "tests/foundation/orm/test_any_of.py",
        "tests/subscriptions/access/test_membership.py",
        "tests/accounts/admin/test_users.py",
        "tests/notifications/test_unsubscription.py",
        "tests/notifications/ses/test_suppression.py",
    ],
}
"""Tests that also hold for other user models, by the model's app."""


@pytest.mark.django_db
@pytest.mark.once
@pytest.mark.parametrize("app", OTHERS)
def test_service_runs_under(app: str) -> None:
    command = [sys.executable, "-m", "pytest", f"--ds=tests.user_models.{app}.settings", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, SERVICE, *OTHERS[app]],
        cwd=settings.BASE_DIR,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-10_000:] + run.stderr[-2_000:]


def _environment() -> dict[str, str]:
    """Return this process's environment with the database server, on which that process creates a database."""
    without = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "PYTEST_"))}
    if connection.vendor == "sqlite":
        without.pop("DATABASE_URL", None)
    return without
