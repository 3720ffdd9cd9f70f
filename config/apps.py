"""App configuration of the project: registers its system checks and database timestamp loader."""

from django.apps import AppConfig

from foundation import registries
from foundation.orm import timestamps


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # Importing registers the checks, once the apps are loaded.
        from config.web import brand_checks  # noqa: F401, PLC0415
        from config.zappa import checks  # noqa: F401, PLC0415

        timestamps.register()
        registries.METRICS.register("config.aws_lambda.metrics.FunctionMetric")
        registries.RETENTION.register("config.operations.retention.RULES")
