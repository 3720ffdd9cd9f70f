"""Django in a benchmark's own process."""

import django

from infra.packaging.local_environment import be_local


def set_up_local_django() -> None:
    """With the local settings, on the database of `DATABASE_URL`, and quiet. Once a process."""
    be_local(DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR")
    django.setup()
