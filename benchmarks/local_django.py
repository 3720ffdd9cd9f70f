"""Django in a benchmark's own process."""

import django

from infra.packaging.local_environment import be_local


def set_up_local_django() -> None:
    """Set up Django with the local settings on the database of `DATABASE_URL`, with ERROR logging. Call it once."""
    be_local(DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR")
    django.setup()
