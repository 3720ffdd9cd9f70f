"""Django in a benchmark's own process."""

import django

from infra.packaging.local_environment import be_local


def set_up_local_django(**variables: str) -> None:
    """Set up Django with the local settings on the database of `DATABASE_URL`, with ERROR logging. Call it once.

    `variables` are additional ones of the environment.
    """
    be_local(DJANGO_SETTINGS_MODULE="config.settings", LOG_LEVEL="ERROR", **variables)
    django.setup()
