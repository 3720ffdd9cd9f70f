"""Edits of the groups that a plan grants: the plan's subscribers follow once the edit is committed."""

import time
from collections.abc import Collection, Iterable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.signals import m2m_changed  # noqa: TID251 - of a plan's groups, not of transitions

from foundation import clock
from subscriptions.access.audit import AccessAudit
from subscriptions.access.managed_groups import GROUP, PlanGroup
from subscriptions.access.membership import Membership
from subscriptions.errors import ManagedGroupProtected
from subscriptions.models import AccessAuditRun, Plan

TIME_LIMIT = timedelta(seconds=20)
"""API Gateway waits 29 seconds. The scheduled audit corrects what is left over."""


def refused_groups(groups: Iterable[Group]) -> list[Group]:
    """Return the groups that a plan cannot grant: that of all subscribers, and those with members of their own.

    Members whom people chose would lose the group with the next audit.
    """
    keys = [group.pk for group in groups]
    granted = Exists(PlanGroup.objects.filter(group=OuterRef("pk")))
    has_members = Exists(Membership.objects.filter(group=OuterRef("pk")))
    return list(Group.objects.filter(Q(name=GROUP) | (has_members & ~granted), pk__in=keys).order_by("name"))


def follow_edits() -> None:
    """Let the subscribers of a plan follow each edit of its groups."""
    m2m_changed.connect(_follow, sender=PlanGroup, dispatch_uid="subscriptions.plan_groups")


def _follow(*, instance: Plan, action: str, pk_set: Collection[int] | None, **kwargs: Any) -> None:
    match action:
        case "pre_add" | "pre_remove" | "pre_clear":
            # Sales read the plan under a lock that waits for this one, and then grant the new groups.
            Plan.objects.select_for_update(no_key=True).filter(pk=instance.pk).first()
            keys = instance.groups.values_list("pk", flat=True) if pk_set is None else pk_set
            _lock(keys)
            if action == "pre_add":
                _refuse(keys)
            if action == "pre_clear":
                _empty_without(instance, list(keys))
        case "post_remove":
            _empty_without(instance, pk_set or ())
    if action.startswith("post_") and (pk_set or action == "post_clear"):
        # Committed with the edit: should this process die, or the audit fail, the next one is due at once.
        ordered = AccessAuditRun.objects.create(started_at=clock.now())
        transaction.on_commit(partial(_correct_access, ordered), robust=True)


def _lock(groups: Collection[int]) -> None:
    """Lock the groups, so that of two plans that give up a group one sees that it is the last."""
    list(Group.objects.select_for_update(no_key=True).filter(pk__in=groups).order_by("pk"))


def _refuse(groups: Collection[int]) -> None:
    if refused := refused_groups(Group.objects.filter(pk__in=groups)):
        names = ", ".join(group.name for group in refused)
        raise ManagedGroupProtected(f"a plan cannot grant {names}: choose groups without members of their own")


def _empty_without(plan: Plan, groups: Collection[int]) -> None:
    """Take the members out of groups that no other plan grants: from now on people decide about these."""
    kept = PlanGroup.objects.filter(group__in=groups).exclude(plan=plan.pk).values_list("group", flat=True)
    Membership.objects.filter(group__in=set(groups) - set(kept)).delete()


def _correct_access(ordered: AccessAuditRun) -> None:
    end = time.monotonic() + TIME_LIMIT.total_seconds()
    AccessAudit(clock.now(), lambda: timedelta(seconds=end - time.monotonic()), ordered=ordered).run()
