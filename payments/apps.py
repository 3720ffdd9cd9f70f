"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Connect the receiver; register checkout, checks, retention, and parts of the account page and users' data."""
        from payments import checks  # noqa: F401, PLC0415 - importing registers the checks
        from payments.receivers import end_orders  # noqa: PLC0415 - loads models
        from subscriptions.signals import subscriptions_transitioned  # noqa: PLC0415 - loads models

        subscriptions_transitioned.connect(end_orders, dispatch_uid="payments.end_orders")
        registries.CHECKOUT.register("payments.checkout.CHECKOUTS")
        registries.ACCOUNT_SECTIONS.register("payments.sections.SECTIONS")
        registries.RETENTION.register("payments.retention.RULES")
        registries.PERSONAL_DATA.register("payments.personal_data.PARTS")
