"""Members of a function's configuration that a deployment would change."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from infra.deployment.function_configuration import variables_of
from infra.deployment.variable_changes import VariableChanges

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

DEFAULT_STORAGE = 512  # MB, https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html
NETWORK = ("SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack")


def configuration_changes(
    found: "FunctionConfigurationResponseTypeDef", settings: Mapping[str, Any], runtime: str
) -> list[str]:
    """Return a line per member that differs, and the names of the changed variables; their values may be confidential.

    `settings` are those for Zappa.
    """
    wanted = {
        "memory": settings["memory_size"],
        "timeout": settings["timeout_seconds"],
        "runtime": runtime,
        "handler": settings["lambda_handler"],
        "role": settings["role_arn"],
        "storage": settings.get("ephemeral_storage", {}).get("Size", DEFAULT_STORAGE),
        "network": _network(settings["vpc_config"]),
    }
    shown = _shown(found)
    members = [f"~ {name} {shown[name]} -> {wanted[name]}" for name in wanted if shown[name] != wanted[name]]
    return [*members, *_variables(VariableChanges.between(variables_of(found), settings["aws_environment_variables"]))]


def _shown(found: "FunctionConfigurationResponseTypeDef") -> dict[str, Any]:
    return {
        "memory": found["MemorySize"],
        "timeout": found["Timeout"],
        "runtime": found["Runtime"],
        "handler": found["Handler"],
        "role": found["Role"],
        "storage": found["EphemeralStorage"]["Size"] if "EphemeralStorage" in found else DEFAULT_STORAGE,
        "network": _network(found.get("VpcConfig", {})),
    }


def _network(network: Mapping[str, Any]) -> str:
    """Return the network in words. AWS shows a function outside any network with empty lists, or with nothing."""
    subnets, groups, ipv6 = (network.get(member) for member in NETWORK)
    if not subnets:
        return "none"
    return f"{', '.join(sorted(subnets))} ({', '.join(sorted(groups or []))}{', IPv6' if ipv6 else ''})"


def _variables(changes: VariableChanges) -> Iterator[str]:
    yield from (f"+ variable {name}" for name in changes.added)
    yield from (f"~ variable {name}" for name in changes.changed)
    yield from (f"- variable {name}" for name in changes.removed)
