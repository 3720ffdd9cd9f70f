"""Wiring of the app: its receiver, and its entries in the service's registries."""

from django.apps import AppConfig

from foundation import registries


class ProductConfig(AppConfig):
    name = "examples.product"
    label = "product"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receiver of a public signal; register metrics, retention rules, dashboard cards, scopes."""
        from examples.product.receivers import write_first_report  # noqa: PLC0415 - loads models
        from subscriptions.signals import subscription_created  # noqa: PLC0415

        subscription_created.connect(write_first_report, dispatch_uid="product.write_first_report")
        registries.METRICS.register("examples.product.metrics.ReportMetric")
        registries.RETENTION.register("examples.product.retention.RULES")
        registries.DASHBOARD.register("examples.product.dashboard.CARDS")
        registries.SCOPES.register("examples.product.scopes.SCOPES")
