"""Registries that apps fill in `ready()`: an app adds metrics, retention rules and cards without changing another.

    registries.METRICS.register("reports.metrics.ReportMetric")

A registry holds dotted paths and imports them when its items are read, because a cold start needs none of them.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

Item = TypeVar("Item")


class Registry:
    """Contributions of the apps to one purpose, in the order of registration."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}

    def register(self, *paths: str) -> None:
        """Add the items of the iterables at these dotted paths. Repeating a path changes nothing."""
        self._paths.update(dict.fromkeys(paths))

    def items(self, kind: type[Item]) -> Iterator[Item]:
        """Yield the items. Raises ImproperlyConfigured if a path cannot be imported or holds items of another kind."""
        for path in self._paths:
            for item in _items(path):
                if not isinstance(item, kind):
                    raise ImproperlyConfigured(f"{path} is registered and holds {item!r}, which is no {kind.__name__}")
                yield item


def _items(path: str) -> Iterable[object]:
    try:
        items: Iterable[object] = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(f"{path} is registered and cannot be imported: {error}") from error
    return items


METRICS = Registry()
"""Paths name subclasses of `foundation.jobs.metrics.Metric`."""

RETENTION = Registry()
"""Paths name sequences of `foundation.jobs.retention.RetentionRule`. Rows are deleted in this order."""

DASHBOARD = Registry()
"""Paths name sequences of `foundation.dashboard.cards.CardSource`."""

ACCOUNT_SECTIONS = Registry()
"""Paths name sequences of `foundation.web.account_sections.AccountSection`: links of the account page."""

PROBLEMS = Registry()
"""Paths name sequences of `foundation.api.problems.ProblemSource`: errors that the API answers with a problem."""

MAIL_KINDS = Registry()
"""Paths name sequences of `foundation.mail.MailKind`: account mails, which are rendered when they are sent."""

SCOPES = Registry()
"""Paths name sequences of `foundation.api.scopes.Scope`: what API tokens may be used for."""

PERSONAL_DATA = Registry()
"""Paths name sequences of `foundation.personal_data.PersonalData`: what is exported and erased with a user."""

CHECKOUT = Registry()
"""Paths name sequences of `subscriptions.checkout.Checkout`: by which subscribers pay. The first that is on holds."""

MANAGED_GROUPS = Registry()
"""Paths name sequences of `accounts.managed_groups.GroupNames`: groups whose members an app decides."""

DUE_WORK = Registry()
"""Paths name sequences of `foundation.due_work.DueWork`: scheduled jobs, and when each has something to do."""

TABLE_CLASSES = Registry()
"""Paths name sequences of `foundation.due_work.TableClass`: models whose rows may, or cannot, make work due."""
