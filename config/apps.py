"""App configuration of the project: registers its system checks and database timestamp loader."""

from django.apps import AppConfig

from foundation.orm import timestamps


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config.zappa import checks  # noqa: F401, PLC0415 - importing registers the checks, once the apps are loaded

        timestamps.register()
