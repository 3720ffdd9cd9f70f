"""docs/runbook.md: `make deploy-local`, or a test named here, runs each of its commands."""

import inspect
import os
import re
import subprocess
from pathlib import Path

import boto3
import pytest

from config.aws_lambda.admission import MANAGEMENT_COMMANDS
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.packaging.zappa_stage import SETTINGS_FILE
from tests.accounts.admin import test_second_factor
from tests.end_to_end import deploy_local, local_use, operator_shell, operator_use, runbook
from tests.end_to_end.aws_command import AwsCommand
from tests.end_to_end.errors import UnknownCommand
from tests.infra.deployment import (
    test_aws_account,
    test_configure,
    test_custom_domain,
    test_data_deletion,
    test_deploy,
    test_deploy_command,
    test_plan,
    test_secret_key,
)

PROJECT = SETTINGS_FILE.parent
RUN_BY = {
    "stack": "deployment.update_stack",
    "deploy": "rollout.deploy(",
    "rollback": "rollout.rollback(",
    "manage": "use.runbook_commands(",
    "tail": "use.tail",
    "status": "status.show(",
    "releases": "release_record.show(",
    "undeploy": "teardown.undeploy(",
    "delete-stack": "teardown.delete_stack(",
}
"""Commands run by `make deploy-local`: target, and its call in tests/end_to_end/deploy_local.py."""

TESTED_BY: dict[str, object] = {
    "export AWS_DEFAULT_REGION": test_aws_account,
    "source .venv/bin/activate": operator_shell.type_command,
    "make database-url": test_deploy_command.test_database_url_is_asked_for_and_goes_into_the_secret,
    "make delete-data": test_data_deletion.test_order_is_function_then_database_then_secret,
    "make domain": test_custom_domain,
    "make configure": test_configure,
    "make plan": test_plan.test_command_of_the_operator_prints_it,
    "make data": test_deploy.test_database_has_a_stack_of_its_own,
    "python manage.py remove_second_factor": test_second_factor,
    "python -m infra.deployment.secret_key rotate": test_secret_key,
    "python -m infra.deployment.secret_key retire": test_secret_key,
}
"""Commands run elsewhere."""

LINES = runbook.commands("dev")
ZAPPA = [line for line in LINES if line.startswith("zappa ")]
MAKE = [line for line in LINES if line.startswith("make ")]
AWS = [line for line in LINES if line.startswith("aws ")]


def test_headings_are_those_that_an_operator_looks_for() -> None:
    text = runbook.RUNBOOK.read_text(encoding="utf-8")
    for heading in (
        "First deployment", "Domain", "Upgrade",
        "Rollback", "The sweep did not run", "Mails are stuck", "A mail is unknown",
        "Somebody gets no mail", "SES paused us",
        "The database is gone", "Restoring", "Rotating", "Taking it down",
    ):  # fmt: skip
        section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
        assert section, heading
        assert "```sh" in section[1], heading


@pytest.mark.parametrize("line", LINES)
def test_command_is_run_somewhere(line: str) -> None:
    if line.startswith("make ") and not line.startswith(tuple(TESTED_BY)):
        target = line.split()[1]
        assert RUN_BY[target] in Path(deploy_local.__file__).read_text(encoding="utf-8")
    elif line.startswith("zappa "):
        typed = "".join(inspect.getsource(module) for module in (local_use, operator_use))
        assert re.search(rf'f"zappa {line.split()[1]} \{{(stage|self.deployment.stage_name)\}}', typed)
    elif line.startswith("aws "):
        assert line in runbook.aws_commands("dev") or line.startswith(runbook.NOT_LOCAL)
    else:
        assert line.startswith(tuple(TESTED_BY)), f"{line} is run by nothing"


def test_zappas_commands_are_all_documented() -> None:
    assert {line.split()[1] for line in ZAPPA} == {
        "deploy", "update", "rollback", "status", "tail", "invoke", "manage", "schedule", "unschedule", "undeploy",
    }  # fmt: skip


@pytest.mark.parametrize("line", MAKE)
def test_make_knows_the_target_and_its_variables(line: str) -> None:
    words = re.findall(r'(?:[^\s"]|"[^"]*")+', line)
    command = ["make", "--dry-run", "--no-print-directory", *(word.replace('"', "") for word in words[1:])]
    # The tests may run below a make of their own, whose job server this one has no part in.
    environment = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}}
    made = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    assert "-m infra.deployment.deploy " in made.stdout
    assert made.stderr == ""


@pytest.mark.parametrize("command", runbook.management_commands("dev"))
def test_function_admits_the_management_command(command: str) -> None:
    assert command.partition(" ")[0] in MANAGEMENT_COMMANDS


@pytest.mark.parametrize("line", AWS)
def test_aws_takes_the_command(aws: LocalAWS, line: str) -> None:
    AwsCommand.parse(line)


ONLY_WHEN_RESTORING = {
    "DBSubnetGroupName",
    "VpcSecurityGroupIds",
    "DBClusterParameterGroupName",
    "ServerlessV2ScalingConfiguration",
}
"""Options required only when restoring.

The subnet group cannot be changed later, an instance of the class db.serverless needs scaling, and without the others
it gets the account's defaults.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBClusterToPointInTime.html
"""

RESTORING = [
    ("rds", "describe_db_clusters", False),
    ("rds", "restore_db_cluster_to_point_in_time", False),
    ("rds", "db_cluster_available", True),
    ("rds", "create_db_instance", False),
    ("rds", "db_instance_available", True),
    ("rds", "describe_db_cluster_snapshots", False),
    ("rds", "restore_db_cluster_from_snapshot", False),
    ("rds", "enable_http_endpoint", False),
    ("rds-data", "execute_statement", False),
]
"""Service, operation or waiter, and whether it waits: an instance needs an available cluster, and so on."""


def section(heading: str, tmp_path: Path) -> list[AwsCommand]:
    """Return the section's commands of AWS."""
    text = runbook.RUNBOOK.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    path = tmp_path / "section.md"
    path.write_text(text, encoding="utf-8")
    lines = runbook.commands("production", path)
    return [AwsCommand.parse(line) for line in lines if line.startswith("aws ")]


@pytest.fixture
def restoring(aws: LocalAWS, tmp_path: Path) -> list[AwsCommand]:
    return section("Restoring", tmp_path)


def test_restoring_waits_for_what_the_next_command_needs(restoring: list[AwsCommand]) -> None:
    made = [(command.service, command.operation, command.waits) for command in restoring]
    assert made == RESTORING


def test_restored_cluster_gets_what_only_the_restore_call_takes(restoring: list[AwsCommand]) -> None:
    restores = [command for command in restoring if command.operation.startswith("restore_")]
    assert len(restores) == 2
    for command in restores:
        assert command.parameters.keys() >= ONLY_WHEN_RESTORING


def test_database_is_restored_by_the_documented_commands(restoring: list[AwsCommand]) -> None:
    rds = boto3.client("rds")
    vpc = boto3.client("ec2").describe_subnets()["Subnets"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="subs-production-subnets",
        DBSubnetGroupDescription="the database's",
        SubnetIds=[subnet["SubnetId"] for subnet in vpc[:2]],
    )
    rds.create_db_cluster(
        DBClusterIdentifier="subs-production",
        Engine="aurora-postgresql",
        MasterUsername="subscriptions",
        MasterUserPassword="for-this-test-only",
    )
    for command in restoring:
        if command.operation == "describe_db_cluster_snapshots":
            break
        command.run()
    (restored,) = rds.describe_db_clusters(DBClusterIdentifier="subs-production-restored")["DBClusters"]
    assert restored["DBSubnetGroup"] == "subs-production-subnets"
    assert [member["DBInstanceIdentifier"] for member in restored["DBClusterMembers"]] == ["subs-production-restored"]


def test_instance_is_restored_by_the_documented_commands(aws: LocalAWS, tmp_path: Path) -> None:
    rds = boto3.client("rds")
    subnets = boto3.client("ec2").describe_subnets()["Subnets"]
    group = boto3.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
    names = {
        "DBParameterGroupFamily": "postgres17",
        "Description": "d",
        "DBParameterGroupName": "subs-production-parameters",
    }
    rds.create_db_parameter_group(**names)
    rds.create_db_subnet_group(
        DBSubnetGroupName="subs-production-subnets",
        DBSubnetGroupDescription="the database's",
        SubnetIds=[subnet["SubnetId"] for subnet in subnets[:2]],
    )
    rds.create_db_instance(
        DBInstanceIdentifier="subs-production",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="subscriptions",
        MasterUserPassword="for-this-test-only",
    )
    commands = section("Restoring an instance", tmp_path)
    restores = [command for command in commands if command.operation.startswith("restore_")]
    assert len(restores) == 2
    for command in restores:
        assert command.parameters.keys() >= {"DBSubnetGroupName", "VpcSecurityGroupIds", "DBParameterGroupName"}
        command.parameters["VpcSecurityGroupIds"] = [group]
    for command in commands[:3]:
        command.run()
    (restored,) = rds.describe_db_instances(DBInstanceIdentifier="subs-production-restored")["DBInstances"]
    assert restored["DBSubnetGroup"]["DBSubnetGroupName"] == "subs-production-subnets"
    assert restored["DBParameterGroups"][0]["DBParameterGroupName"] == "subs-production-parameters"
    rds.modify_db_instance(DBInstanceIdentifier="subs-production-restored", DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier="subs-production-restored", SkipFinalSnapshot=True)
    rds.create_db_snapshot(DBInstanceIdentifier="subs-production", DBSnapshotIdentifier="subs-production-last")
    for command in commands[3:]:
        command.run()
    assert rds.describe_db_instances(DBInstanceIdentifier="subs-production-restored")["DBInstances"]


@pytest.mark.parametrize(
    "line",
    [
        "aws rds wait db-cluster-burnt --db-cluster-identifier c",
        "aws rds restore-db-cluster-to-point-in-time --db-cluster-identifier c --serverless-v2-scaling-configuration A",
        "aws sqs burn-queue --queue-url u",
        "aws sqs purge-queue --queue u",
        "aws sqs purge-queue",
        "aws sqs receive-message --queue-url u --max-number-of-messages",
        "aws sqs receive-message --queue-url u --max-number-of-messages ten",
    ],
)
def test_command_that_aws_would_not_take_is_found(aws: LocalAWS, line: str) -> None:
    with pytest.raises((UnknownCommand, ValueError)):
        AwsCommand.parse(line)


def test_command_becomes_the_call(aws: LocalAWS) -> None:
    line = "aws sqs receive-message --queue-url u --max-number-of-messages 10 --message-attribute-names All b"
    assert AwsCommand.parse(line).parameters == {
        "QueueUrl": "u", "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All", "b"],
    }  # fmt: skip


def test_lines_that_go_on_are_one_command(tmp_path: Path) -> None:
    path = tmp_path / "runbook.md"
    path.write_text("text\n```sh\n# why\nmake a \\\n  B=1\nmake b  # what\n```\n```\nno\n```\n")
    assert [" ".join(line.split()) for line in runbook.commands("dev", path)] == ["make a B=1", "make b"]
