"""Account and region of a command: the stage's, regardless of the shell."""

import os

import boto3

from config.zappa.region_checks import check_regions, named_arns
from config.zappa.stages import Stage
from infra.errors import Refused

REGION = ("AWS_DEFAULT_REGION", "AWS_REGION")
"""Zappa prefers the first over its settings, other programs the second."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def enter(stage: Stage) -> None:
    """Set the stage's region for this process and its children, and compare the account with the settings.

    Raises Refused, without calling AWS if the settings suffice, and botocore's errors if AWS refuses the credentials.
    """
    refuse([f"{message.obj}: {message.msg}. {message.hint}" for message in check_regions([stage])])
    _use_profile(str(stage.settings.get("profile_name") or ""))
    os.environ.update(dict.fromkeys(REGION, stage.settings["aws_region"]))
    refuse(account_problems(stage))


def account_problems(stage: Stage) -> list[str]:
    """Return a problem for each resource in another account or partition than the credentials."""
    caller = boto3.client("sts", region_name=stage.settings["aws_region"]).get_caller_identity()
    partition, account = caller["Arn"].split(":")[1], caller["Account"]
    if partition != "aws":
        text = f"These credentials are for the partition {partition}, where this project cannot be deployed"
        return [f"{text}: it writes ARNs and addresses of the partition aws. Use credentials of an account there."]
    return [
        f"{key} in zappa_settings.json is of account {named[4]}, and these credentials are for {account}. "
        "Write your account into zappa_settings.json, or use the other credentials."
        for key, arn in named_arns(stage)
        if len(named := arn.split(":")) > 4 and named[4] != account
    ]


def refuse(problems: list[str]) -> None:
    """Raise Refused with all problems, if there are any."""
    if problems:
        raise Refused("\n".join(f"- {problem}" for problem in problems))


def _use_profile(name: str) -> None:
    """Use the settings' profile, as Zappa does even if the shell has keys, so that both use the same account."""
    if name:
        os.environ["AWS_PROFILE"] = name
        for key in KEYS:
            os.environ.pop(key, None)
