"""Settings that a project names in its stages, for programs that describe or translate the whole of it."""

import django

from infra.packaging.local_environment import be_local
from infra.packaging.zappa_stage import load_stage

STAGE = "dev"
"""The stage that `make run` runs."""


def set_up_project() -> None:
    """Set Django up with the stage's settings and local values, whatever the shell holds."""
    be_local(DJANGO_SETTINGS_MODULE=load_stage(STAGE).settings_module)
    django.setup()
