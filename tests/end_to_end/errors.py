"""Errors of the end-to-end deployment."""

from infra.errors import DeployError, InfraError


class NotAsDeployed(DeployError, AssertionError):
    """The state of the local AWS differs from the expected one."""


class UnknownCommand(InfraError, ValueError):
    """The AWS CLI has no such command."""
