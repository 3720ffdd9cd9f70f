"""Configuration that goes back with a version of a function, member by member of AWS's UpdateFunctionConfiguration.

AWS leaves what a call does not name as it is, inside of VpcConfig too, so each member is always sent.
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
    "DeadLetterConfig": "the queue is the stack's, which does not go back; DeployedFunction.complete sets it",
    "ImageConfig": "AWS refuses it for a function whose code is a zip",
    "CapacityProviderConfig": "a function is made for instances of one's own, or without them, and stays so",
    "DurableConfig": "a function is made durable, or not, and stays so",
    "RuntimeConfig": "no setting of Zappa's names a runtime of one's own",
    "AcceleratorConfig": "no setting of Zappa's names an accelerator",
}
"""Members that could be sent and are not, each with the reason."""

ADDRESSING = {"FunctionName", "RevisionId"}
"""Members that say which function is meant, and in which state it must be."""

READ_ONLY = {
    "Architectures",  # of the code; another one is refused before a deployment
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
"""Members that AWS shows and UpdateFunctionConfiguration does not take."""

OUTSIDE_OF_A_NETWORK: "VpcConfigTypeDef" = {
    "SubnetIds": [],
    "SecurityGroupIds": [],
    "Ipv6AllowedForDualStack": False,
}
"""AWS refuses IPv6 without subnets, so leaving a network says so explicitly."""


def configuration_of(
    found: "FunctionConfigurationResponseTypeDef",
) -> "UpdateFunctionConfigurationRequestTypeDef":
    """Return what gives the function the configuration that AWS shows of a version. Raises Refused.

    What a version does not have is sent as AWS's default, so that nothing of a later release stays.
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
    """Return a version's variables. Raises Refused where AWS cannot decrypt them, and shows none."""
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
