"""IAM policies of the templates, rendered as by CloudFormation and checked by parliament.

`python -m infra.deployment.policies` is a part of `make cloudformation`. https://github.com/duo-labs/parliament
"""

import json
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws

TEMPLATES = Path(__file__).parent.parent / "cloudformation"
MESSAGING = TEMPLATES / "messaging.yaml"
DATA = TEMPLATES / "data.yaml"
DOMAIN = TEMPLATES / "domain.yaml"

REGION = "us-east-1"
STAGE = {"Stage": "dev", "FromAddress": "subscriptions@dev.subscriptions.example.com"}

WAIVED = {
    # As in AWS's own AWSLambdaVPCAccessExecutionRole; another statement denies it to the code.
    ("LetLambdaMakeInterfaces", "RESOURCE_STAR"),
    # The key comes from the caller, a function, and so is missing in the services' lists.
    ("CodeMakesNoInterfaces", "UNKNOWN_CONDITION_FOR_ACTION"),
}
"""Accepted findings by statement."""

Policy = dict[str, Any]


def function_policies(parameters: Mapping[str, str] = STAGE) -> list[Policy]:
    """Return the policies of the function's role, rendered for these parameters by moto's CloudFormation."""
    logging.getLogger("moto").setLevel(logging.CRITICAL)  # it logs each unsupported type
    with mock_aws():
        outputs = _create("subs-messaging", MESSAGING, parameters)
        role = outputs["RoleArn"].rpartition("/")[2]
        iam = boto3.client("iam", region_name=REGION)
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        found: list[Any] = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        return found


def findings(policy: Policy) -> Iterator[str]:
    """Yield parliament's findings, except WAIVED ones, by statement."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources, which warns
        from parliament import analyze_policy_string, enhance_finding  # noqa: PLC0415

    for statement in policy["Statement"]:
        alone = json.dumps(policy | {"Statement": [statement]})
        for finding in map(enhance_finding, analyze_policy_string(alone).findings):
            if (statement.get("Sid"), finding.issue) not in WAIVED:
                yield f"{statement.get('Sid')}: {finding.title}: {finding.detail}"


def main() -> int:
    """Print the findings. Return 1 if there are any."""
    found = [finding for policy in function_policies() for finding in findings(policy)]
    for finding in found:
        print(finding, file=sys.stderr)
    return 1 if found else 0


def _create(name: str, template: Path, parameters: Mapping[str, str]) -> dict[str, str]:
    client = boto3.client("cloudformation", region_name=REGION)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # moto warns of each unsupported type
        client.create_stack(
            StackName=name,
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


if __name__ == "__main__":
    sys.exit(main())
