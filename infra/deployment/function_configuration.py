"""Function configuration to restore with a version, by member of AWS's UpdateFunctionConfiguration.

AWS leaves members unchanged that a call omits, inside VpcConfig too, so each member is always sent.
https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
"""

from typing import TYPE_CHECKING

from infra.errors import Refused

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import (
        FunctionConfigurationResponseTypeDef,
        LoggingConfigTypeDef,
        UpdateFunctionConfigurationRequestTypeDef,
        VpcConfigTypeDef,
    )

KEPT = {
    "DeadLetterConfig": "the queue belongs to the stack, which is not rolled back; DeployedFunction.complete sets it",
    "ImageConfig": "AWS refuses it for a function whose code is a zip",
    "CapacityProviderConfig": "fixed when the function is created",
    "DurableConfig": "fixed when the function is created",
    "RuntimeConfig": "Zappa has no setting for custom runtimes",
    "AcceleratorConfig": "Zappa has no setting for accelerators",
}
"""Members that are not sent, each with the reason."""

ADDRESSING = {"FunctionName", "RevisionId"}
"""Members that identify the function and its revision."""

READ_ONLY = {
    "Architectures",  # of the code; a change is refused before a deployment
    "CodeSha256",
    "CodeSize",
    "ConfigSha256",
    "FunctionArn",
    "ImageConfigResponse",
    "LastModified",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "MasterArn",
    "PackageType",
    "RuntimeVersionConfig",
    "SigningJobArn",
    "SigningProfileVersionArn",
    "State",
    "StateReason",
    "StateReasonCode",
    "TenancyConfig",
    "Version",
}
"""Members shown by AWS that UpdateFunctionConfiguration does not accept."""

OUTSIDE_OF_A_NETWORK: "VpcConfigTypeDef" = {
    "SubnetIds": [],
    "SecurityGroupIds": [],
    "Ipv6AllowedForDualStack": False,
}
"""Explicit removal from a network: AWS refuses IPv6 without subnets."""


def configuration_of(
    found: "FunctionConfigurationResponseTypeDef",
) -> "UpdateFunctionConfigurationRequestTypeDef":
    """Return the changes that restore the configuration shown for a version. Raises Refused.

    Missing members are sent as AWS's defaults, so that nothing of a later release remains.
    """
    return {
        "FunctionName": found["FunctionName"],
        "Description": found.get("Description", ""),
        "Environment": {"Variables": variables_of(found)},
        "EphemeralStorage": found.get("EphemeralStorage", {"Size": 512}),
        "FileSystemConfigs": found.get("FileSystemConfigs", []),
        "Handler": found["Handler"],
        "KMSKeyArn": found.get("KMSKeyArn", ""),
        "Layers": [layer["Arn"] for layer in found.get("Layers", [])],
        "LoggingConfig": found.get("LoggingConfig", _default_logging(found["FunctionName"])),
        "MemorySize": found["MemorySize"],
        "Role": found["Role"],
        "Runtime": found["Runtime"],
        "SnapStart": {"ApplyOn": found["SnapStart"]["ApplyOn"] if "SnapStart" in found else "None"},
        "Timeout": found["Timeout"],
        "TracingConfig": {"Mode": found["TracingConfig"]["Mode"] if "TracingConfig" in found else "PassThrough"},
        "VpcConfig": _network(found),
    }


def variables_of(found: "FunctionConfigurationResponseTypeDef") -> dict[str, str]:
    """Return a version's variables. Raises Refused if AWS cannot decrypt them."""
    environment = found.get("Environment", {})
    if "Error" in environment:
        raise Refused(
            f"AWS does not show the variables of version {found['Version']} of {found['FunctionName']}: "
            f"{environment['Error'].get('Message', 'no reason given')} Allow these credentials to use its key."
        )
    return environment.get("Variables", {})


def _network(found: "FunctionConfigurationResponseTypeDef") -> "VpcConfigTypeDef":
    network = found.get("VpcConfig", {})
    if not network.get("SubnetIds"):
        return OUTSIDE_OF_A_NETWORK
    return {
        "SubnetIds": network["SubnetIds"],
        "SecurityGroupIds": network["SecurityGroupIds"],
        "Ipv6AllowedForDualStack": network.get("Ipv6AllowedForDualStack", False),
    }


def _default_logging(function_name: str) -> "LoggingConfigTypeDef":
    return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function_name}"}
