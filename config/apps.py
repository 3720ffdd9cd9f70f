"""App configuration of the project: registers its system checks and database timestamp loader."""

from django.apps import AppConfig
from django.conf import settings

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
        registries.DUE_WORK.register("config.operations.next_due.WORK")
        registries.TABLE_CLASSES.register("config.operations.table_classes.TABLES")
        if settings.GATE_TABLE:
            from foundation import gate  # noqa: PLC0415 - without the table there is no gate

            gate.install()
            registries.DASHBOARD.register("config.operations.sleep_card.CARDS")
