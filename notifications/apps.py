"""App configuration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate  # noqa: TID251 - of schemas, not of rows: creates rows
from django.utils.translation import gettext_lazy as _

from foundation import registries
from notifications import channel_registry


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        """Connect the receivers, and register channels, metrics, retention rules, pages and dashboard cards."""
        # These load models, which Django allows only once all apps are loaded.
        from notifications.models import ensure_statuses  # noqa: PLC0415
        from notifications.receivers import (  # noqa: PLC0415
            bounce_notice,
            record_notifications,
            record_payment_notifications,
        )
        from payments.signals import payment_event_recorded  # noqa: PLC0415
        from subscriptions.signals import subscriber_notices, subscriptions_transitioned  # noqa: PLC0415

        subscriptions_transitioned.connect(record_notifications, dispatch_uid="notifications.record_notifications")
        payment_event_recorded.connect(
            record_payment_notifications, dispatch_uid="notifications.record_payment_notifications"
        )
        subscriber_notices.connect(bounce_notice, dispatch_uid="notifications.bounce_notice")
        post_migrate.connect(ensure_statuses, sender=self, dispatch_uid="notifications.ensure_statuses")
        channel_registry.register("ses", "SES", "notifications.ses.channel.SesChannel")
        channel_registry.register("sns", "SNS", "notifications.sns.channel.SnsChannel", tells_of_payments=True)
        registries.METRICS.register("notifications.metrics.NotificationMetric")
        registries.RETENTION.register("notifications.retention.RULES")
        registries.DASHBOARD.register("notifications.dashboard.CARDS")
        registries.ACCOUNT_SECTIONS.register("notifications.sections.SECTIONS")
        registries.PERSONAL_DATA.register("notifications.personal_data.PARTS")
        registries.SCOPES.register("notifications.api.scopes.SCOPES")
        registries.DUE_WORK.register("notifications.next_due.WORK")
        registries.TABLE_CLASSES.register("notifications.table_classes.TABLES")
