"""Errors of the end-to-end deployment."""

from infra.errors import DeployError, InfraError


class NotAsDeployed(DeployError, AssertionError):
    """The local AWS does not show what the deployment should have made."""


class UnknownCommand(InfraError, ValueError):
    """The AWS CLI has no such command."""
