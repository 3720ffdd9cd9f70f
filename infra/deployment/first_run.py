"""First run of a package that this machine cannot run, in a function of its own, before any traffic."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.deployment.deployed_function import DeployedFunction
from infra.packaging.lambda_target import LambdaTarget

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CHECK = {"manage": "check"}
"""Event that starts Django, imports all apps with their native libraries, and changes nothing."""


@dataclass(frozen=True)
class FirstRun:
    """Runs a package with the configuration of the stage's function."""

    client: "LambdaClient"
    name: str
    settings: dict[str, Any]
    target: LambdaTarget

    def of(self, package: Path) -> None:
        """Create the function, invoke it once, and delete it. Raises SmokeTestFailed."""
        function = DeployedFunction(self.client, f"{self.name}-first-run")
        if function.exists:  # left by an interrupted run
            function.delete()
        try:
            self._create(function.name, package)
            function.run(CHECK)
        finally:
            if function.exists:
                function.delete()

    def _create(self, name: str, package: Path) -> None:
        self.client.create_function(
            FunctionName=name,
            Architectures=[self.target.architecture],  # type: ignore[list-item] # boto3's types list the names
            Code={"ZipFile": package.read_bytes()},
            Description=f"First run of {package.name}; deleted at its end",
            Environment={"Variables": self.settings["aws_environment_variables"]},
            Handler=self.settings["lambda_handler"],
            MemorySize=self.settings["memory_size"],
            Role=self.settings["role_arn"],
            Runtime=self.target.runtime.name,  # type: ignore[arg-type] # boto3's types list the names
            Timeout=self.settings["timeout_seconds"],
            VpcConfig=self.settings.get("vpc_config", {}),
        )
