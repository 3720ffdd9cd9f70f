"""Django in the process of a command, with the settings of the stage."""

import django
from django.core.exceptions import ImproperlyConfigured

from config.zappa.stages import SETTINGS_MODULE, Stage, ZappaSettingsError, read_document, read_stages
from infra.deployment.deployment import Deployment
from infra.errors import Refused
from infra.packaging.local_environment import be_local

SHARED = ("METRIC_NAMESPACE", "PAYMENT_PROVIDER")
"""Variables of the function that a command reads through the settings."""


def set_up_django(deployment: Deployment) -> None:
    """Set up Django with the stage's settings module. Raises Refused if it cannot be used.

    A stage that is not there yet is copied from the first one, and has its settings.
    """
    stages = _stages(deployment)
    stage = stages.get(deployment.stage_name) or next(iter(stages.values()), None)
    module = stage.settings_module if stage else SETTINGS_MODULE
    variables = stage.settings.get("aws_environment_variables", {}) if stage else {}
    be_local(DJANGO_SETTINGS_MODULE=module, **{name: str(variables[name]) for name in SHARED if name in variables})
    try:
        django.setup()
    except (ImportError, ImproperlyConfigured) as error:
        named = f"django_settings of {deployment.stage_name} in zappa_settings.json is {module}"
        raise Refused(f"{named}, which cannot be used: {error}") from error


def _stages(deployment: Deployment) -> dict[str, Stage]:
    """Return the stages by name; none if the file cannot be read, which each command refuses by itself."""
    try:
        return {stage.name: stage for stage in read_stages(read_document(deployment.settings_file))}
    except ZappaSettingsError:
        return {}
