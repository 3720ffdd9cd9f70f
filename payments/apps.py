"""Wiring of the app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class PaymentsConfig(AppConfig):
    name = "payments"
    verbose_name = _("Payments")

    def ready(self) -> None:
        """Register the checkout, the checks, and the app's parts of the account page and of a user's data."""
        # It loads models, which Django allows only once all apps are loaded. Importing registers the checks.
        from payments import checks  # noqa: F401, PLC0415
        from subscriptions import checkout  # noqa: PLC0415

        checkout.register("payments.checkout.ProviderCheckout")
        registries.ACCOUNT_SECTIONS.register("payments.sections.SECTIONS")
        registries.PERSONAL_DATA.register("payments.personal_data.PARTS")
