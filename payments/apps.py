"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Connect receivers; register checks, and what the payments add to the registries."""
        from payments import checks, mails, signals  # noqa: F401, PLC0415 - importing registers the checks
        from payments.receivers import end_orders, follow_planned_change  # noqa: PLC0415 - loads models
        from subscriptions.signals import plan_change_planned, subscriptions_transitioned  # noqa: PLC0415 - loads models

        subscriptions_transitioned.connect(end_orders, dispatch_uid="payments.end_orders")
        plan_change_planned.connect(follow_planned_change, dispatch_uid="payments.follow_planned_change")
        signals.payment_event_recorded.connect(mails.tell_the_subscriber, dispatch_uid="payments.tell_the_subscriber")
        registries.DASHBOARD.register("payments.dashboard.CARDS")
        registries.PROBLEMS.register("payments.api.problems.PROBLEMS")
        registries.SCOPES.register("payments.api.scopes.SCOPES")
        registries.CHECKOUT.register("payments.checkout.CHECKOUTS")
        registries.ACCOUNT_SECTIONS.register("payments.sections.SECTIONS")
        registries.METRICS.register("payments.metrics.PaymentMetric")
        registries.RETENTION.register("payments.retention.RULES")
        registries.MAIL_KINDS.register("payments.mail_texts.KINDS")
        registries.PERSONAL_DATA.register("payments.personal_data.PARTS")
        registries.DUE_WORK.register("payments.next_due.WORK")
        registries.TABLE_CLASSES.register("payments.table_classes.TABLES")
