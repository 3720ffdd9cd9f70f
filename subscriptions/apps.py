"""Wiring of the app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate  # noqa: TID251 - of schemas, not of rows: creates the group
from django.utils.translation import gettext_lazy as _

from foundation import registries


class SubscriptionsConfig(AppConfig):
    name = "subscriptions"
    verbose_name = _("Subscriptions")

    def ready(self) -> None:
        """Connect the strict receiver that keeps access true, and what creates and protects the groups."""
        # These load models, which Django allows only once all apps are loaded. Importing registers the checks.
        from subscriptions.access import checks  # noqa: F401, PLC0415
        from subscriptions.access.managed_groups import ensure_groups, protect_groups  # noqa: PLC0415
        from subscriptions.access.plan_groups import follow_edits  # noqa: PLC0415
        from subscriptions.receivers import sync_access  # noqa: PLC0415
        from subscriptions.signals import subscriptions_transitioned  # noqa: PLC0415

        subscriptions_transitioned.connect(sync_access, dispatch_uid="subscriptions.sync_access")
        post_migrate.connect(ensure_groups, sender=self, dispatch_uid="subscriptions.ensure_groups")
        protect_groups()
        follow_edits()
        registries.METRICS.register("subscriptions.metrics.SubscriptionMetric")
        registries.RETENTION.register("subscriptions.retention.RULES")
        registries.DASHBOARD.register("subscriptions.dashboard.CARDS")
        registries.PROBLEMS.register("subscriptions.api.problems.PROBLEMS")
        registries.PERSONAL_DATA.register("subscriptions.personal_data.PARTS")
        registries.SCOPES.register("subscriptions.api.scopes.SCOPES")
        registries.MANAGED_GROUPS.register("subscriptions.access.managed_groups.NAMES")
        registries.DUE_WORK.register("subscriptions.next_due.WORK")
        registries.TABLE_CLASSES.register("subscriptions.table_classes.TABLES")
