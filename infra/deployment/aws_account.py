"""The account and region that a command works in: the stage's, whatever else the shell says."""

import os

import boto3

from config.zappa.region_checks import check_regions, named_arns
from config.zappa.stages import Stage
from infra.errors import Refused

REGION = ("AWS_DEFAULT_REGION", "AWS_REGION")
"""Zappa takes the first before its settings' region, and other programs the second."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def enter(stage: Stage) -> None:
    """Give this process and those that it starts the stage's region, and compare the account with the settings.

    Raises Refused, before anything is asked of AWS where the settings suffice, and botocore's errors where AWS does
    not accept the credentials.
    """
    refuse([f"{message.obj}: {message.msg}. {message.hint}" for message in check_regions([stage])])
    _use_profile(str(stage.settings.get("profile_name") or ""))
    os.environ.update(dict.fromkeys(REGION, stage.settings["aws_region"]))
    refuse(account_problems(stage))


def account_problems(stage: Stage) -> list[str]:
    """Return what is of another account or partition than the shell's credentials."""
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
    """Raise Refused with every problem, if there is any."""
    if problems:
        raise Refused("\n".join(f"- {problem}" for problem in problems))


def _use_profile(name: str) -> None:
    """Zappa uses its settings' profile, even where the shell has keys; checks and Zappa must be of one account."""
    if name:
        os.environ["AWS_PROFILE"] = name
        for key in KEYS:
            os.environ.pop(key, None)
