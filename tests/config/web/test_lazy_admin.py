"""The admin is loaded with its first URL, and then complete."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import run_checks

from subscriptions.admin.subscriptions import PlanAdmin

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys

import django
from django.core.checks import run_checks
from django.urls import resolve, reverse

def loaded():
    modules = {"subscriptions.admin", "notifications.admin", "knox.admin", "config.operations.dashboard"}
    return modules & sys.modules.keys()

django.setup()
assert reverse("plans") == "/"
assert resolve("/sign-in/").url_name == "login"
assert not loaded(), loaded()
"""
NEEDS = {
    "an address": 'assert resolve("/admin/accounts/user/").view_name == "admin:accounts_user_changelist"',
    "a name": 'assert reverse("admin:accounts_user_changelist") == "/admin/accounts/user/"',
    "the checks": 'run_checks(tags=["admin"])',
}


@pytest.mark.parametrize("need", NEEDS.values(), ids=NEEDS)
def test_admin_is_loaded_with_the_first_need_of_it(need: str) -> None:
    program = f"{PROGRAM}{need}\nassert len(loaded()) == 4, loaded()"
    environment = os.environ | {"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_checks_look_at_the_pages_of_the_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_checks(tags=["admin"]) == []
    monkeypatch.setattr(PlanAdmin, "list_display", ["nonsense"])
    assert [problem.id for problem in run_checks(tags=["admin"])] == ["admin.E108"]
