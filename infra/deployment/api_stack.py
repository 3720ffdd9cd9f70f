"""The API's stack, which Zappa makes, brought into a state from which `zappa deploy` or `zappa update` goes on."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.deployment.cloud_stack import CloudStack
from infra.deployment.deployed_function import DeployedFunction
from infra.deployment.domain_mappings import DomainMappings
from infra.deployment.zappa_command import ZappaCommand

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

TAG = "ZappaProject"
"""Of a stack that Zappa made; `zappa undeploy` deletes no other."""


@dataclass(frozen=True)
class ApiStack:
    """The stack, named as the function, and what it leads to."""

    stack: CloudStack
    function: DeployedFunction
    zappa: ZappaCommand
    gateway: "APIGatewayClient"

    def prepare(self, role_arn: str) -> bool:
        """Make a stack fit for an upload, in any state; return True if it was made anew. Raises StackFailed.

        One that never lived, or whose deletion failed, is deleted: an API holds nothing else. A function without an
        API gets one, because `zappa deploy` refuses a function that is there, and `zappa update` makes no stack. So
        the function keeps its releases.
        """
        if self.stack.status == "DELETE_FAILED":
            DomainMappings(self.gateway, self.stack.resource("Api")).remove()
            self.stack.delete()
        self.stack.clear_failed()
        if not self.function.exists or self.stack.exists:
            return False
        with tempfile.TemporaryDirectory() as directory:
            return self.stack.apply(self._template(Path(directory), role_arn), {}, {TAG: self.stack.name})

    def _template(self, directory: Path, role_arn: str) -> Path:
        path = directory / "api.json"
        arn = self.function.client.get_function_configuration(FunctionName=self.function.name)["FunctionArn"]
        self.zappa.run("template", "--lambda-arn", arn, "--role-arn", role_arn, "--output", str(path))
        return path
