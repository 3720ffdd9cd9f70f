"""API stack made by Zappa, prepared so that `zappa deploy` or `zappa update` can continue."""

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
"""Tag of a stack made by Zappa; `zappa undeploy` deletes no other."""


@dataclass(frozen=True)
class ApiStack:
    """Stack with the function's name, and the resources that it needs."""

    stack: CloudStack
    function: DeployedFunction
    zappa: ZappaCommand
    gateway: "APIGatewayClient"

    def prepare(self, role_arn: str) -> bool:
        """Prepare a stack in any state for an upload. Return True if it was created. Raises StackFailed.

        A stack that was never in use, or whose deletion failed, is deleted: an API holds no data. A function without an
        API gets one, because `zappa deploy` refuses an existing function, and `zappa update` creates no stack. So the
        function keeps its releases.
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
