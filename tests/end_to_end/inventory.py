"""Inventory of an account: all resources that deployments create, by service."""

from dataclasses import dataclass
from typing import Any

import boto3

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.deployment import Deployment

LISTS = {
    "CloudFormation stacks": ("cloudformation", "describe_stacks", "Stacks[?StackStatus!='DELETE_COMPLETE'].StackName"),
    "Lambda functions": ("lambda", "list_functions", "Functions[].FunctionName"),
    "Lambda event sources": ("lambda", "list_event_source_mappings", "EventSourceMappings[].EventSourceArn"),
    "EventBridge rules": ("events", "list_rules", "Rules[].Name"),
    "REST APIs": ("apigateway", "get_rest_apis", "items[].name"),
    "usage plans": ("apigateway", "get_usage_plans", "items[].name"),
    "log groups": ("logs", "describe_log_groups", "logGroups[].logGroupName"),
    "roles": ("iam", "list_roles", "Roles[].RoleName"),
}
"""Services, list operations, and JMESPaths of names in the responses."""
OF_OTHERS_TOO = {"log groups", "roles"}
"""Kinds of which only resources with the function's name count."""


@dataclass(frozen=True)
class Inventory:
    """Resources outside the stacks that outlive a stage: messaging, data and domain."""

    deployment: Deployment

    def found(self) -> dict[str, list[str]]:
        """Return the names of each kind, sorted, without empty kinds."""
        kept = self._kept()
        found = {kind: [name for name in self._names(kind) if name not in kept] for kind in LISTS}
        found |= {"domain mappings": self._domain_mappings(), "objects in the bucket": self._objects()}
        return {kind: sorted(names) for kind, names in found.items() if names}

    def _names(self, kind: str) -> list[str]:
        service, operation, path = LISTS[kind]
        client: Any = boto3.client(service, region_name=self.deployment.region)  # type: ignore[call-overload] # by a variable
        names = client.get_paginator(operation).paginate().search(path)
        return [name for name in names if kind not in OF_OTHERS_TOO or self.deployment.name in name]

    def _kept(self) -> set[str]:
        deployment = self.deployment
        stacks = [stack for stack in (deployment.messaging, deployment.data, deployment.domain.stack) if stack.status]
        return {stack.name for stack in stacks}.union(*map(_resources, stacks))

    def _domain_mappings(self) -> list[str]:
        gateway = boto3.client("apigateway", region_name=self.deployment.region)
        domains = gateway.get_paginator("get_domain_names").paginate().search("items[].domainName")
        mappings = gateway.get_paginator("get_base_path_mappings")
        return [f"{name}/{path}" for name in domains for path in mappings.paginate(domainName=name).search(PATHS)]

    def _objects(self) -> list[str]:
        bucket = self.deployment.bucket
        if not bucket.exists:
            return []
        pages = bucket.client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name)
        return [key for key in pages.search("Contents[].Key") if key]


PATHS = "items[].basePath"


def _resources(stack: CloudStack) -> set[str]:
    pages = stack.client.get_paginator("list_stack_resources").paginate(StackName=stack.name)
    return {name for name in pages.search("StackResourceSummaries[].PhysicalResourceId") if name}
