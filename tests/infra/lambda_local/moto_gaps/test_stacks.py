"""moto's gaps in CloudFormation."""

import json
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from tests.infra.lambda_local.moto_gaps.cloud import Cloud, Gap, check_gap, made_by_a_stack


def keeps_defaults_of_a_stack(cloud: Cloud) -> bool:
    """Update a stack with an unchanged parameter."""
    stacks = cloud.client("cloudformation")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}
    template = {"Parameters": {"Name": {"Type": "String", "Default": "news"}}, "Resources": {"Topic": topic}}
    stacks.create_stack(StackName="stack", TemplateBody=json.dumps(template))
    kept = [{"ParameterKey": "Name", "UsePreviousValue": True}]
    with suppress(ClientError, ResponseParserError):
        stacks.update_stack(StackName="stack", TemplateBody=json.dumps(template | {"Outputs": {}}), Parameters=kept)
        (parameter,) = stacks.describe_stacks(StackName="stack")["Stacks"][0]["Parameters"]
        return bool(parameter["ParameterValue"] == "news")
    return False


STACK = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}}}}


def tokens_of(cloud: Cloud, name: str) -> list[str | None]:
    """Return the tokens of the stack's events on all pages, the newest first."""
    pages = cloud.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=name)
    return [event.get("ClientRequestToken") for page in pages for event in page["StackEvents"]]


def tells_whose_events_they_are(cloud: Cloud) -> bool:
    """Create, update and delete a stack with a token each."""
    stacks = cloud.client("cloudformation")
    changed = json.dumps(STACK | {"Description": "changed"})
    stack_id = stacks.create_stack(StackName="told", TemplateBody=json.dumps(STACK), ClientRequestToken="a")["StackId"]
    stacks.update_stack(StackName="told", TemplateBody=changed, ClientRequestToken="b")
    stacks.delete_stack(StackName="told", ClientRequestToken="c")
    return tokens_of(cloud, stack_id) == ["c", "c", "b", "b", "a", "a"]


def creates_a_stack_once_per_token(cloud: Cloud) -> bool:
    """Repeat a request whose response was lost."""
    stacks = cloud.client("cloudformation")
    with suppress(ClientError):
        for _ in range(2):
            stacks.create_stack(StackName="once", TemplateBody=json.dumps(STACK), ClientRequestToken="a")
        return len(tokens_of(cloud, "once")) == 2
    return False


def pages_events(cloud: Cloud) -> bool:
    """Read the events of a stack with more than one page."""
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="pages", TemplateBody=json.dumps(STACK))
    for number in range(50):
        stacks.update_stack(StackName="pages", TemplateBody=json.dumps(STACK | {"Description": str(number)}))
    first = stacks.describe_stack_events(StackName="pages")
    return (len(first["StackEvents"]), len(tokens_of(cloud, "pages"))) == (100, 102)


def keeps_what_a_stack_updates(cloud: Cloud) -> bool:
    """Update a log group, which moto does not support."""
    stacks, group = cloud.client("cloudformation"), {"LogGroupName": "/updated"}
    made = made_by_a_stack(cloud, "AWS::Logs::LogGroup", group)
    changed = {"Made": {"Type": "AWS::Logs::LogGroup", "Properties": group | {"RetentionInDays": 7}}}
    stacks.update_stack(StackName="LogGroup", TemplateBody=json.dumps({"Resources": changed}))
    with suppress(ResponseParserError):
        found = stacks.describe_stack_resource(StackName="LogGroup", LogicalResourceId="Made")
        return bool(found["StackResourceDetail"].get("PhysicalResourceId") == made)
    return False


def names_a_subnet_group_of_a_stack(cloud: Cloud) -> bool:
    """Use the subnet group of a stack for a database."""
    (subnet, *_) = cloud.client("ec2").describe_subnets()["Subnets"]
    group = {"DBSubnetGroupDescription": "a", "SubnetIds": [subnet["SubnetId"]]}
    template = {"Resources": {"Group": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": group}}}
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="network", TemplateBody=json.dumps(template))
    found = stacks.describe_stack_resource(StackName="network", LogicalResourceId="Group")["StackResourceDetail"]
    (made,) = cloud.client("rds").describe_db_subnet_groups()["DBSubnetGroups"]
    return bool(found.get("PhysicalResourceId") == made["DBSubnetGroupName"])


def refuses_to_update_what_is_being_reviewed(cloud: Cloud) -> bool:
    """Update a stack that has only a change set."""
    stacks = cloud.client("cloudformation")
    body = json.dumps(STACK)
    stacks.create_change_set(StackName="reviewed", TemplateBody=body, ChangeSetName="first", ChangeSetType="CREATE")
    try:
        stacks.update_stack(StackName="reviewed", TemplateBody=json.dumps(STACK | {"Description": "changed"}))
    except ClientError as error:
        return "is in REVIEW_IN_PROGRESS state and can not be updated" in str(error)
    return False


NAMED = {
    "Parameters": {"Name": {"Type": "String", "Default": "first"}},
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}},
}


def change_set_of(cloud: Cloud, stack: str, **parameters: str) -> dict[str, Any]:
    """Return the change set for an update of a stack, made of NAMED, that only changes parameters."""
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps(NAMED))
    given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    made = stacks.create_change_set(
        StackName=stack,
        ChangeSetName="change",
        ChangeSetType="UPDATE",
        TemplateBody=json.dumps(NAMED),
        Parameters=given,
    )
    found: dict[str, Any] = stacks.describe_change_set(ChangeSetName=made["Id"])
    return found


def makes_a_change_set_that_fails_where_nothing_differs(cloud: Cloud) -> bool:
    """Set a parameter to its default."""
    try:
        found = change_set_of(cloud, "same", Name="first")
    except ClientError:
        return False
    return (found["Status"], found["Changes"]) == ("FAILED", []) and "didn't contain changes" in found["StatusReason"]


def tells_what_a_parameter_changes(cloud: Cloud) -> bool:
    """Change a parameter that is the name of a topic."""
    changes = [change["ResourceChange"] for change in change_set_of(cloud, "other", Name="second")["Changes"]]
    return [(change["Action"], change["LogicalResourceId"]) for change in changes] == [("Modify", "Topic")]


@pytest.mark.parametrize(
    "closed",
    [
        keeps_defaults_of_a_stack,
        tells_whose_events_they_are,
        creates_a_stack_once_per_token,
        pages_events,
        keeps_what_a_stack_updates,
        names_a_subnet_group_of_a_stack,
        refuses_to_update_what_is_being_reviewed,
        makes_a_change_set_that_fails_where_nothing_differs,
        tells_what_a_parameter_changes,
    ],
)
def test_gap_is_closed_here_and_open_in_moto(closed: Gap, stock: Cloud, local: Cloud) -> None:
    check_gap(closed, stock=stock, local=local)
