"""The project's own checks, registered as an app so that `manage.py check` runs them."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415 - importing registers the checks, once the apps are loaded
