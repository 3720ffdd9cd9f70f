"""Runner of the local Lambda API: invocations that the function itself asks for, such as a delivery at once."""

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3

from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.local.host import Host
from infra.packaging.zappa_stage import ZappaStage

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction


class FunctionRunner:
    """Runs the stage's function on the host. `after` is called after each asynchronous event, in the same thread."""

    def __init__(self, host: Host, after: Callable[[], object]) -> None:
        self._host = host
        self._after = after

    def invoke(self, function: "LambdaFunction", event: Any) -> InvocationResult:
        """Run the function on the event and return the result."""
        return self._host.receive(function.function_arn, event)

    def invoke_later(self, function: "LambdaFunction", event: Any) -> object:
        """Accept the event. The host retries it as AWS does."""
        accepted = self._host.accept(event)
        accepted.add_done_callback(lambda _: self._after())
        return accepted


def create_function(stage: ZappaStage) -> None:
    """Create the stage's function in the local AWS, which knows it by name; its code is the host's."""
    role = boto3.client("iam").create_role(RoleName=f"{stage.lambda_name}-local", AssumeRolePolicyDocument="{}")
    boto3.client("lambda").create_function(
        FunctionName=stage.lambda_name,
        Role=role["Role"]["Arn"],
        Handler=stage.handler,
        Runtime="python3.12",
        Code={"ZipFile": _empty_zip()},
    )


def _empty_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", "")
    return buffer.getvalue()
