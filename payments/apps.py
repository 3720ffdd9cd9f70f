"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Register checkout, checks and retention, and the app's parts of the account page and of a user's data."""
        from payments import checks  # noqa: F401, PLC0415 - importing registers the checks

        registries.CHECKOUT.register("payments.checkout.CHECKOUTS")
        registries.ACCOUNT_SECTIONS.register("payments.sections.SECTIONS")
        registries.RETENTION.register("payments.retention.RULES")
        registries.PERSONAL_DATA.register("payments.personal_data.PARTS")
