"""Deletion of a stage's database and stacks in the order of their dependencies."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from infra.deployment import cloud_stack, polling, provisioning, teardown
from infra.deployment.data_deletion import DataDeletion
from infra.deployment.deployment import Deployment
from infra.deployment.steps import Steps
from infra.errors import NotConfirmed, NotSettled, StillInUse
from tests.end_to_end.inventory import Inventory
from tests.infra.deployment.broken_stack import break_stack
from tests.infra.deployment.running_stage import RunningStage

# moto tells of each type of resource that it leaves out of a stack.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse:UserWarning")

NAME = "subs-dev"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "INTERVAL", timedelta(0))
    monkeypatch.setattr(cloud_stack, "INTERVAL", timedelta(0))


@pytest.fixture
def deployed(stage_on_aws: RunningStage) -> RunningStage:
    """Return a stage with a release, a network and a protected database, named as in data.yaml."""
    directory = stage_on_aws.directory
    (directory / "data.yaml").write_text(json.dumps(NETWORK))
    (directory / "messaging.yaml").write_text((stage_on_aws.deployment.templates / "messaging.yaml").read_text())
    deployment = replace(stage_on_aws.deployment, templates=directory)
    provisioning.data(deployment, {}, Steps())
    create_cluster(deployment, NAME, protected=True)
    stage = replace(stage_on_aws, deployment=deployment)
    stage.provide("good")
    return stage


@pytest.fixture
def with_data(deployed: RunningStage) -> Deployment:
    return deployed.deployment


SUBNET = {"Type": "AWS::EC2::Subnet"}
NETWORK = {
    "Parameters": {name: {"Type": "String"} for name in ("Project", "Stage", "Engine")},
    "Resources": {
        "Network": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.20.0.0/22"}},
        "SubnetA": SUBNET
        | {"Properties": {"VpcId": {"Ref": "Network"}, "CidrBlock": "10.20.0.0/23", "AvailabilityZone": "us-east-1a"}},
        "FunctionSecurityGroup": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "The function", "VpcId": {"Ref": "Network"}},
        },
        "DatabaseSubnets": {
            "Type": "AWS::RDS::DBSubnetGroup",
            "Properties": {"DBSubnetGroupDescription": "dev", "SubnetIds": [{"Ref": "SubnetA"}]},
        },
    },
}


def create_cluster(deployment: Deployment, name: str, *, protected: bool = False) -> None:
    boto3.client("rds").create_db_cluster(
        DBClusterIdentifier=name,
        Engine="aurora-postgresql",
        MasterUsername="subscriptions",
        MasterUserPassword="for-this-test-only",
        DBSubnetGroupName=deployment.data.resource("DatabaseSubnets"),
        DeletionProtection=protected,
    )


def create_instance(deployment: Deployment, name: str, *, protected: bool = False) -> None:
    boto3.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="subscriptions",
        MasterUserPassword="for-this-test-only",
        DBSubnetGroupName=deployment.data.resource("DatabaseSubnets"),
        DeletionProtection=protected,
    )


@pytest.fixture
def with_instance(with_data: Deployment) -> Deployment:
    """Return the stage with a protected instance in the place of its cluster."""
    unprotect()
    boto3.client("rds").delete_db_cluster(DBClusterIdentifier=NAME, SkipFinalSnapshot=True)
    create_instance(with_data, NAME, protected=True)
    return with_data


def test_protected_instance_is_refused_by_its_own_command(with_instance: Deployment) -> None:
    (problem,) = DataDeletion(with_instance).problems()
    assert problem == 'the database subs-dev is protected: `make data STAGE=dev PARAMETERS="Protect=false"` first'
    break_stack("subs-dev-data", "DELETE_FAILED")
    (problem,) = DataDeletion(with_instance).problems()
    assert "`aws rds modify-db-instance --db-instance-identifier subs-dev --no-deletion-protection`" in problem


def test_restored_instance_keeps_its_network(with_instance: Deployment) -> None:
    boto3.client("rds").modify_db_instance(DBInstanceIdentifier=NAME, DeletionProtection=False)
    create_instance(with_instance, "subs-dev-restored")
    assert DataDeletion(with_instance).problems() == [
        "the database subs-dev-restored lies in the network of this stack: delete it, or move it, first"
    ]


def test_member_of_a_cluster_is_no_database_of_its_own(with_data: Deployment) -> None:
    boto3.client("rds").create_db_instance(
        DBInstanceIdentifier="a-member",
        DBClusterIdentifier=NAME,
        DBInstanceClass="db.serverless",
        Engine="aurora-postgresql",
    )
    assert [problem.split(":")[0] for problem in DataDeletion(with_data).problems()] == [
        "the database subs-dev is protected"
    ]


def test_snapshots_of_an_instance_are_named(with_instance: Deployment) -> None:
    boto3.client("rds").create_db_snapshot(DBInstanceIdentifier=NAME, DBSnapshotIdentifier="subs-dev-last")
    assert DataDeletion(with_instance).delete() == "kept: the snapshots subs-dev-last"


def unprotect() -> None:
    boto3.client("rds").modify_db_cluster(DBClusterIdentifier=NAME, DeletionProtection=False)


def test_order_is_function_then_database_then_secret(
    deployed: RunningStage, with_data: Deployment, typed: Callable[[str], None]
) -> None:
    for delete in (teardown.delete_stack, teardown.delete_data):
        with pytest.raises(StillInUse, match=r"(?s)Lambda function subs-dev\n.*run `make undeploy STAGE=dev` first"):
            delete(with_data, Steps())
    deployed.undeploy()
    with pytest.raises(
        StillInUse, match=r"subs-dev-data, in CREATE_COMPLETE, .*run `make delete-data STAGE=dev` first"
    ):
        teardown.delete_stack(with_data, Steps())
    with pytest.raises(StillInUse, match='is protected: `make data STAGE=dev PARAMETERS="Protect=false"` first'):
        teardown.delete_data(with_data, Steps())
    unprotect()
    typed("dev")
    teardown.delete_data(with_data, Steps())
    typed("dev")
    teardown.delete_stack(with_data, Steps())

    assert Inventory(with_data).found() == {}
    teardown.delete_data(with_data, Steps())  # which can be repeated
    teardown.delete_stack(with_data, Steps())
    with_data.update_stack()
    deployed.provide("anew")
    deployed.prove_usable()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_secret_stays_with_a_database_in_any_state(deployed: RunningStage, with_data: Deployment, status: str) -> None:
    deployed.undeploy()
    break_stack("subs-dev-data", status)
    with pytest.raises(StillInUse, match=f"subs-dev-data, in {status}"):
        teardown.delete_stack(with_data, Steps())
    assert with_data.messaging.exists


def test_database_is_not_deleted_before_the_stage_is_typed(
    deployed: RunningStage, with_data: Deployment, typed: Callable[[str], None]
) -> None:
    deployed.undeploy()
    unprotect()
    for answer in ("", "yes", "production"):
        typed(answer)
        with pytest.raises(NotConfirmed):
            teardown.delete_data(with_data, Steps())
    assert with_data.data.exists


def test_protection_of_a_stack_that_cannot_be_updated_is_taken_off_in_rds(with_data: Deployment) -> None:
    break_stack("subs-dev-data", "DELETE_FAILED")
    (problem,) = DataDeletion(with_data).problems()
    assert "`aws rds modify-db-cluster --db-cluster-identifier subs-dev --no-deletion-protection`" in problem


def test_restored_database_keeps_its_network(with_data: Deployment) -> None:
    unprotect()
    create_cluster(with_data, "subs-dev-restored")
    assert DataDeletion(with_data).problems() == [
        "the database subs-dev-restored lies in the network of this stack: delete it, or move it, first"
    ]


def test_database_is_not_touched_while_the_function_has_network_interfaces(with_data: Deployment) -> None:
    boto3.client("ec2").create_network_interface(
        SubnetId=with_data.data.resource("SubnetA"), Groups=[with_data.data.resource("FunctionSecurityGroup")]
    )
    with pytest.raises(NotSettled, match=r"1 network interfaces .* after 0:00:00\. Nothing was deleted"):
        DataDeletion(with_data, timedelta(0)).delete()
    assert with_data.data.exists


def test_snapshots_of_the_database_are_named(with_data: Deployment) -> None:
    boto3.client("rds").create_db_cluster_snapshot(
        DBClusterIdentifier=NAME, DBClusterSnapshotIdentifier="subs-dev-last"
    )
    assert DataDeletion(with_data).delete() == "kept: the snapshots subs-dev-last"
