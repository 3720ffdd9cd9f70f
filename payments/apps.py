"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Connect receivers; register checks, and what the payments add to the registries."""
        from payments import checks, mails, receivers, signals  # noqa: F401, PLC0415 - importing registers the checks
        from subscriptions import signals as transitions  # noqa: PLC0415 - loads models

        transitions.subscriptions_transitioned.connect(receivers.end_orders, dispatch_uid="payments.end_orders")
        transitions.plan_change_planned.connect(
            receivers.follow_planned_change, dispatch_uid="payments.follow_planned_change"
        )
        transitions.subscription_restarted.connect(receivers.end_agreement, dispatch_uid="payments.end_agreement")
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
