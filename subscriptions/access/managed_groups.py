"""Managed groups: auth groups whose members only subscriptions decide. They cannot be deleted.

That of all subscribers cannot be renamed or permitted either; those of plans hold the permissions that a plan grants.
"""

import logging
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q, QuerySet, Subquery, signals  # noqa: TID251 - of groups, not of transitions; the audit sees the rest

from accounts.managed_groups import GroupNames
from foundation.jobs import metrics
from subscriptions.errors import ManagedGroupProtected
from subscriptions.metrics import SubscriptionMetric
from subscriptions.models import AccessAuditRun, Plan

logger = logging.getLogger(__name__)

GROUP = "Subscribers"
"""The group of all users with a live subscription."""

PlanGroup = Plan.groups.through


def subscribers_group() -> QuerySet[Group]:
    """Return the group of all subscribers, if it exists. Renamed by SQL, it is no longer found."""
    return Group.objects.filter(name=GROUP)


def managed_groups() -> QuerySet[Group]:
    """Return the managed groups that exist: that of all subscribers, and those that plans grant."""
    return Group.objects.filter(Q(name=GROUP) | Q(pk__in=PlanGroup.objects.values("group")))


def managed_names() -> frozenset[str]:
    """Return the names of all managed groups. One query."""
    return frozenset({GROUP, *managed_groups().values_list("name", flat=True)})


NAMES = (GroupNames(managed_names),)
"""What the forms of users leave out."""


def is_managed(group: Group) -> bool:
    """Return True if subscriptions decide the group's members. At most one query."""
    return holds_all_subscribers(group) or PlanGroup.objects.filter(group=group.pk).exists()


def holds_all_subscribers(group: Group) -> bool:
    """Return True for the group of all subscribers, judged by the name that the instance has."""
    return group.name == GROUP


def missing_names() -> list[str]:
    """Return the name of the group of all subscribers if it does not exist. One query.

    Those of plans cannot be missing: the database keeps a group that a plan refers to.
    """
    return [] if subscribers_group().exists() else [GROUP]


def permissions_of_all_subscribers() -> list[str]:
    """Return what every subscriber may do, as `app.codename`, sorted. It should be empty. One query."""
    permissions = Permission.objects.filter(group__in=subscribers_group())
    pairs = permissions.order_by("content_type__app_label", "codename").values_list(
        "content_type__app_label", "codename"
    )
    return [f"{app}.{codename}" for app, codename in pairs.distinct()]


def ensure_groups(**kwargs: Any) -> list[str]:
    """Create the managed groups that are missing and return their names; one query where none is missing."""
    missing = missing_names()
    for name in missing:
        Group.objects.get_or_create(name=name)
    return missing


def restore_groups() -> list[str]:
    """Create the managed groups that somebody has taken away, report them by name, and return the names.

    Their members are the audit's to restore; until then nobody but who subscribes meanwhile is in them.
    """
    restored = ensure_groups()
    if restored:
        logger.error("managed groups were missing and were created again", extra={"groups": restored})
        emit_mismatches(len(restored))
        _recall_last_audit()
    return restored


def _recall_last_audit() -> None:
    """Record that the last audit no longer holds, so that the gate lets the next one come at once."""
    finished = AccessAuditRun.objects.filter(finished_at__isnull=False).order_by("-finished_at")
    AccessAuditRun.objects.filter(pk=Subquery(finished.values("pk")[:1])).update(complete=False)


def emit_mismatches(number: int) -> None:
    """Write the metric of mismatches, and the one that the alarm watches."""
    metrics.emit({SubscriptionMetric.ACCESS_MISMATCHES: number, SubscriptionMetric.FAILED: number})


def protect_groups() -> None:
    """Refuse, with ManagedGroupProtected, what the ORM would do to a managed group row by row."""
    for signal, receiver, sender in (
        (signals.pre_save, _refuse_renaming, Group),
        (signals.pre_delete, _refuse_deletion, Group),
        (signals.m2m_changed, _refuse_permissions, Group.permissions.through),
    ):
        signal.connect(receiver, sender=sender, dispatch_uid=f"subscriptions.{receiver.__name__}")


def _refuse_renaming(*, instance: Group, raw: bool, using: str, **kwargs: Any) -> None:
    stored = subscribers_group().using(using).filter(pk=instance.pk).exclude(name=instance.name).first()
    if stored is not None and not raw:
        raise ManagedGroupProtected(f"subscriptions find the group {stored.name} by its name; leave it as it is")


def _refuse_deletion(*, instance: Group, using: str, **kwargs: Any) -> None:
    if managed_groups().using(using).filter(pk=instance.pk).exists():
        raise ManagedGroupProtected(f"subscribers would lose access with the group {instance.name}; keep it")


def _refuse_permissions(
    *, instance: Group | Permission, action: str, pk_set: set[int] | None, using: str, **kwargs: Any
) -> None:
    if action != "pre_add" or not pk_set:
        return
    keys = {instance.pk} if isinstance(instance, Group) else pk_set
    if group := subscribers_group().using(using).filter(pk__in=keys).first():
        raise ManagedGroupProtected(f"every subscriber is in the group {group.name}; give permissions to another one")
