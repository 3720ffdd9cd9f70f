"""Jobs for zappa_settings.json in tests: two valid ones, and one of each invalid kind."""

from collections.abc import Callable, Iterator
from functools import partial, wraps
from typing import Any

Job = Callable[[Any, Any], Any]


def right(event: Any, context: Any) -> Any:
    return {"event": event, "context": context}


def right_too(event: Any, context: Any) -> Any:
    return {"event": event, "context": context}


def with_default(event: Any, context: Any = None) -> None:
    pass


def with_all_defaults(event: Any = None, context: Any = None) -> None:
    pass


def with_one(event: Any) -> None:
    pass


def with_third(event: Any, context: Any, now: Any) -> None:
    pass


def with_keyword_only(event: Any, context: Any, *, now: Any = None) -> None:
    pass


def with_arguments(*arguments: Any) -> None:
    pass


def with_keywords(event: Any, context: Any, **keywords: Any) -> None:
    pass


def swapped(context: Any, event: Any) -> None:
    pass


async def asynchronous(event: Any, context: Any) -> None:
    pass


def generator(event: Any, context: Any) -> Iterator[None]:
    yield


def _widen(job: Job) -> Callable[..., Any]:
    @wraps(job)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return job(*arguments, **keywords)

    return wrapper


@_widen
def widened(event: Any, context: Any) -> None:
    pass


class Constructed:
    def __init__(self, event: Any, context: Any) -> None:
        pass


partially_applied = partial(with_third, now=None)

not_callable = "a string"
