"""Groups whose members an app decides: nobody edits them by hand, and they make nobody privileged."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from foundation import registries


@dataclass(frozen=True)
class GroupNames:
    """The names of the groups whose members one app decides. Apps register theirs in `registries.MANAGED_GROUPS`."""

    read: Callable[[], Collection[str]]


def managed_group_names() -> set[str]:
    """Return the names of all groups whose members an app decides."""
    return {name for names in registries.MANAGED_GROUPS.items(GroupNames) for name in names.read()}
