"""Permissions on users, which the release before this one grants on `auth.User` and this one on `accounts.User`.

Each release reads its own, so both are kept as long as the release before may come back.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

OLD_APP, NEW_APP = "auth", "accounts"
MODEL = "user"
CHANGED = ("post_add", "post_remove", "post_clear")

Grant = tuple[int, str]
"""Primary key of a user or group, and the codename of a permission."""


@dataclass(frozen=True)
class GrantTable:
    """Table of permissions granted to a kind of holder."""

    through: Any
    holder: str

    def grants(self, alias: str, content_type: ContentType) -> set[Grant]:
        """Return the grants of the content type's permissions."""
        rows = self.through._base_manager.using(alias).filter(permission__content_type=content_type)
        return set(rows.values_list(f"{self.holder}_id", "permission__codename"))

    def add(self, alias: str, grants: set[Grant], permissions: dict[str, int]) -> None:
        """Grant the permissions, which are given as primary keys by codename."""
        rows = [
            self.through(**{f"{self.holder}_id": holder, "permission_id": permissions[codename]})
            for holder, codename in sorted(grants)
        ]
        self.through._base_manager.using(alias).bulk_create(rows, ignore_conflicts=True)

    def remove(self, alias: str, grants: set[Grant], permissions: dict[str, int]) -> None:
        """Revoke the permissions, which are given as primary keys by codename."""
        for holder, codename in grants:
            row = {f"{self.holder}_id": holder, "permission_id": permissions[codename]}
            self.through._base_manager.using(alias).filter(**row).delete()


def user_content_type(alias: str, app_label: str) -> ContentType | None:
    """Return the content type of the app's user model, if the database has it.

    Django's own look-up caches what a transaction has created, even if that is rolled back.
    """
    return ContentType.objects.using(alias).filter(app_label=app_label, model=MODEL).first()


def copy_grants(alias: str) -> int:
    """Grant on `accounts.User` what is granted on `auth.User`. Return the number of new grants. Idempotent.

    Nothing is revoked: a grant that only `accounts.User` has may be newer.
    """
    old = user_content_type(alias, OLD_APP)
    if old is None:
        return 0
    new, _created = ContentType.objects.using(alias).get_or_create(app_label=NEW_APP, model=MODEL)
    permissions = _ensure_permissions(alias, old, new)
    return sum(_copy(alias, table, old, new, permissions) for table in _tables())


def mirror_grants(*, sender: Any, action: str, using: str, **kwargs: Any) -> None:
    """Grant and revoke on `auth.User` what has just been granted and revoked on `accounts.User`.

    Otherwise the next `copy_grants` would restore what was revoked, and a rollback would lose what was granted.
    """
    tables = [table for table in _tables() if table.through._meta.db_table == sender._meta.db_table]
    if action not in CHANGED or not tables:
        return
    old, new = user_content_type(using, OLD_APP), user_content_type(using, NEW_APP)
    if old is None or new is None:
        return
    permissions = _permissions(using, old)
    for table in tables:
        before, after = table.grants(using, old), table.grants(using, new)
        table.add(using, {grant for grant in after - before if grant[1] in permissions}, permissions)
        table.remove(using, before - after, permissions)


def _tables() -> list[GrantTable]:
    return [
        GrantTable(get_user_model().user_permissions.through, "user"),
        GrantTable(Group.permissions.through, "group"),
    ]


def _copy(alias: str, table: GrantTable, old: ContentType, new: ContentType, permissions: dict[str, int]) -> int:
    missing = table.grants(alias, old) - table.grants(alias, new)
    table.add(alias, missing, permissions)
    return len(missing)


def _permissions(alias: str, content_type: ContentType) -> dict[str, int]:
    rows = Permission.objects.using(alias).filter(content_type=content_type)
    return dict(rows.values_list("codename", "pk"))


def _ensure_permissions(alias: str, old: ContentType, new: ContentType) -> dict[str, int]:
    present = _permissions(alias, new)
    copies = [
        Permission(content_type=new, codename=permission.codename, name=permission.name)
        for permission in Permission.objects.using(alias).filter(content_type=old).exclude(codename__in=present)
    ]
    Permission.objects.using(alias).bulk_create(copies)
    return _permissions(alias, new) if copies else present
