"""Commands in docs/runbook.md, for `make deploy-local` and the tests."""

import re
from pathlib import Path

RUNBOOK = Path(__file__).resolve().parent.parent.parent / "docs" / "runbook.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
MANAGE = re.compile(r'make manage STAGE=\S+ COMMAND="([^"]+)"')
DOCUMENTED_STAGE = "production"
DOCUMENTED_DOMAIN = "subscriptions.example.com"
NOT_LOCAL = (
    "aws sesv2 get-account",
    "aws sesv2 get-configuration-set-event-destinations",
    "aws sesv2 get-suppressed-destination",
    "aws sesv2 delete-suppressed-destination",
    "aws sqs start-message-move-task",
    "aws acm ",
    "aws ec2 ",
    "aws cloudformation continue-update-rollback",
    "aws cloudformation delete-stack",
    "aws rds ",
    "aws rds-data ",
)
"""Commands that the local AWS does not support; they are validated against AWS's own description."""


def commands(stage: str, path: Path = RUNBOOK) -> list[str]:
    """Return every command line of the code blocks for this stage, joined and without comments."""
    lines = "".join(BLOCK.findall(path.read_text(encoding="utf-8"))).replace("\\\n", " ").splitlines()
    said = [line.partition(" #")[0].strip() for line in lines if not line.startswith("#")]
    return [line.replace(DOCUMENTED_STAGE, stage) for line in said if line]


def management_commands(stage: str) -> list[str]:
    """Return the commands that the runbook runs on Lambda by `make manage`."""
    return [found[1] for line in commands(stage) if (found := MANAGE.fullmatch(line))]


def aws_commands(stage: str) -> list[str]:
    """Return the AWS CLI commands that the local AWS can answer."""
    return [line for line in commands(stage) if line.startswith("aws ") and not line.startswith(NOT_LOCAL)]
