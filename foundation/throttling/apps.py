"""App configuration."""

from django.apps import AppConfig

from foundation import registries


class ThrottlingConfig(AppConfig):
    name = "foundation.throttling"

    def ready(self) -> None:
        """Register the retention of the counters."""
        registries.RETENTION.register("foundation.throttling.retention.RULES")
