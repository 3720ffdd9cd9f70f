"""Errors of this package. Each message says what the reader can do."""


class LambdaLocalError(Exception):
    """Base of this package's errors."""


class ForeignTopic(LambdaLocalError, ValueError):
    """The topic belongs to an account that the local AWS does not play."""


class InvalidSchedule(LambdaLocalError, ValueError):
    """EventBridge refuses the schedule expression."""


class MalformedAnswer(LambdaLocalError, ValueError):
    """The function's result is not an HTTP response."""


class MissingPart(LambdaLocalError, LookupError):
    """A mail lacks the requested part."""


class NoRunner(LambdaLocalError, RuntimeError):
    """A function of the local AWS was invoked, but nothing runs functions."""


class UnknownFunction(LambdaLocalError, LookupError):
    """No Lambda function has this name."""


class UnsupportedPath(LambdaLocalError, ValueError):
    """An input transformer's JSON path is not `$.name`."""
