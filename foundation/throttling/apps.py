"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from foundation import registries


class ThrottlingConfig(AppConfig):
    name = "foundation.throttling"
    verbose_name = _("Throttling")

    def ready(self) -> None:
        """Register the retention of the counters."""
        registries.RETENTION.register("foundation.throttling.retention.RULES")
