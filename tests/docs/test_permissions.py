"""docs/runbook.md says what each permission of our own allows."""

import re

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission

from tests.docs.markdown import Document

SECTION = Document("docs/runbook.md").text.partition("\nGive other operators")[2].partition("\n## ")[0]
CELLS = re.findall(r"^\| `([\w.]+)` \| (.+) \|$", SECTION, re.MULTILINE)
ROWS = {name if "." in name else f"subscriptions.{name}": allows for name, allows in CELLS}
OURS = ("accounts", "notifications", "payments", "subscriptions")
PERMISSIONS = [
    f"{model._meta.app_label}.{codename}"
    for model in apps.get_models()
    if model.__module__.partition(".")[0] in OURS
    for codename, _name in model._meta.permissions
]


def test_permissions_are_found() -> None:
    assert {"accounts.erase_user", "subscriptions.change_plan_at_once"} <= set(PERMISSIONS)
    assert len(CELLS) == len(ROWS)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_runbook_says_what_each_permission_allows(permission: str) -> None:
    assert ROWS.get(permission)


@pytest.mark.django_db
def test_runbook_names_no_permission_that_is_gone() -> None:
    known = {
        f"{app}.{codename}" for app, codename in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert set(ROWS) <= known
