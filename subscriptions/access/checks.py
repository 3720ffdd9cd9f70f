"""System checks of the managed groups, which need the database: `manage.py check --database default`, and `migrate`.

- subscriptions.W001: a managed group is missing.
- subscriptions.W002: a managed group has permissions.

Warnings, because an error would stop the `migrate` that creates the group.
"""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - Django's own name
from django.db import router

from subscriptions.access.managed_groups import missing_names, permissions_of_all_subscribers


@register(Tags.database)
def check_managed_groups(databases: Collection[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Look at the groups in the database that they are written to, once it has the tables."""
    from foundation.orm.tables import has_tables  # noqa: PLC0415 - a cold start checks no database

    alias = router.db_for_write(Group)
    if alias not in (databases or ()) or not has_tables(alias, Group, Permission):
        return []
    return [*_missing(), *_with_permissions()]


def _missing() -> list[CheckMessage]:
    hint = "migrate and each scheduled sweep create it again; subscriptions.jobs.audit_access gives it its members."
    return [
        Warning(f"the group {name} is missing: nobody has access by it", hint=hint, id="subscriptions.W001")
        for name in missing_names()
    ]


def _with_permissions() -> list[CheckMessage]:
    hint = "Take it away in the admin, and give it to another group."
    return [
        Warning(f"every subscriber has the permission {permission}", hint=hint, id="subscriptions.W002")
        for permission in permissions_of_all_subscribers()
    ]
