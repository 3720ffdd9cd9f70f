"""The settings file that a deployment gives Zappa: a stage of zappa_settings.json, and what the stacks made for it."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from config.zappa_settings import Stage

VARIABLES = {
    "AWS_USE_DUALSTACK_ENDPOINT": "Ipv6AllowedForDualStack",
    "DATABASE_HOST": "DatabaseHost",
    "SECRET_ARN": "SecretArn",
    "SES_CONFIGURATION_SET": "ConfigurationSetName",
    "SNS_TOPIC_ARN": "TopicArn",
}
"""Variables of the function, and the outputs that fill them. SECRET_ARN names a secret, and is none."""

DEPLOYED_AT = "DEPLOYED_AT"
"""A variable that no two deployments share, so that each starts fresh sandboxes, which read the secret anew."""

RETAINED_VERSIONS = 10
"""Of the code, for rolling back; Zappa keeps 5. A deployment makes two: Zappa's own, and the one that is kept."""


def deployment_settings(stage: Stage, outputs: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The stage as Zappa shall see it, complete in itself."""
    settings = {key: value for key, value in stage.settings.items() if key != "extends"}
    filled = {variable: outputs[output] for variable, output in VARIABLES.items() if output in outputs}
    settings["aws_environment_variables"] = (
        settings.get("aws_environment_variables", {}) | filled | {DEPLOYED_AT: now.isoformat(timespec="seconds")}
    )
    settings.setdefault("num_retained_versions", RETAINED_VERSIONS)
    settings["touch"] = False  # Zappa would ask for a page before there are tables
    if "SubnetIds" in outputs:
        settings["vpc_config"] = {
            "SubnetIds": outputs["SubnetIds"].split(","),
            "SecurityGroupIds": outputs["SecurityGroupIds"].split(","),
            "Ipv6AllowedForDualStack": outputs["Ipv6AllowedForDualStack"] == "true",
        }
    return settings


def write_settings(stage: Stage, outputs: Mapping[str, str], now: datetime, directory: Path) -> Path:
    """Write `zappa_settings-<stage>.json`; return where."""
    directory.mkdir(exist_ok=True)
    path = directory / f"zappa_settings-{stage.name}.json"
    path.write_text(json.dumps({stage.name: deployment_settings(stage, outputs, now)}, indent=4), encoding="utf-8")
    return path
