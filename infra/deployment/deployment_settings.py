"""Zappa settings of a deployment: a stage of zappa_settings.json with the outputs of its stacks."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from config.zappa.stages import Stage
from infra.deployment.function_configuration import OUTSIDE_OF_A_NETWORK

VARIABLES = {
    "AWS_USE_DUALSTACK_ENDPOINT": "Ipv6AllowedForDualStack",
    "DATABASE_HOST": "DatabaseHost",
    "SECRET_ARN": "SecretArn",
    "SES_CONFIGURATION_SET": "ConfigurationSetName",
    "SNS_TOPIC_ARN": "TopicArn",
}
"""Variables of the function, and the outputs that fill them. SECRET_ARN names a secret but is none."""

DEPLOYED_AT = "DEPLOYED_AT"
"""Variable that differs between deployments, so that each starts fresh sandboxes, which read the secret again."""


LONGEST_DESCRIPTION = 256
"""Characters, https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html"""


def deployment_settings(
    stage: Stage, outputs: Mapping[str, str], now: datetime, description: str = ""
) -> dict[str, Any]:
    """Return the stage's complete settings for Zappa. `description` precedes that of the settings.

    Create them once per deployment: the function is compared with them afterwards.
    """
    settings = {key: value for key, value in stage.settings.items() if key != "extends"}
    filled = {variable: outputs[output] for variable, output in VARIABLES.items() if output in outputs}
    settings["aws_environment_variables"] = (
        settings.get("aws_environment_variables", {}) | filled | {DEPLOYED_AT: now.isoformat(timespec="seconds")}
    )
    settings["num_retained_versions"] = None  # Zappa prunes by age; Releases.prune knows the targets of rollbacks
    settings["touch"] = False  # Zappa would request a page before there are tables
    settings["vpc_config"] = {**OUTSIDE_OF_A_NETWORK, **settings.get("vpc_config", {}), **_network(outputs)}
    described = ". ".join(filter(None, (description, settings.get("lambda_description", ""))))
    settings["lambda_description"] = described[:LONGEST_DESCRIPTION]
    return settings


def write_settings(stage_name: str, settings: Mapping[str, Any], directory: Path) -> Path:
    """Write `zappa_settings-<stage>.json`. Return its path."""
    directory.mkdir(exist_ok=True)
    path = directory / f"zappa_settings-{stage_name}.json"
    path.write_text(json.dumps({stage_name: settings}, indent=4), encoding="utf-8")
    return path


def _network(outputs: Mapping[str, str]) -> dict[str, Any]:
    if "SubnetIds" not in outputs:
        return {}
    return {
        "SubnetIds": outputs["SubnetIds"].split(","),
        "SecurityGroupIds": outputs["SecurityGroupIds"].split(","),
        "Ipv6AllowedForDualStack": outputs["Ipv6AllowedForDualStack"] == "true",
    }
