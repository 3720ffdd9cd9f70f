"""Disturbances of a command: AWS errors, lost responses, and the end of the process."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.proofs.deployment_storm.operator import Typed
from tests.support.injected_answers import ANY, InjectedAnswers

CALLS = {"deploy": 185, "rollback": 134, "undeploy": 58}
"""Approximate AWS calls per command; one of them is disturbed."""
SHORT, LONG = 2, 12
"""Consecutive failing calls: boto3 retries the short kind successfully, and gives up on the long one."""
ALWAYS = 10_000


@dataclass(frozen=True)
class Disturbance:
    """Disturbance at the nth call of a command."""

    name: str
    strike: Callable[[InjectedAnswers, Typed, int], None]


def _errors(code: str, status: int, times: int) -> Callable[[InjectedAnswers, Typed, int], None]:
    def strike(answers: InjectedAnswers, _: Typed, call: int) -> None:
        answers.refuse(ANY, code, status=status, times=times, skip=call)

    return strike


def _lose(answers: InjectedAnswers, _: Typed, call: int) -> None:
    answers.lose(ANY, skip=call)


def _kill_before(answers: InjectedAnswers, typed: Typed, call: int) -> None:
    answers.before(ANY, typed.kill, skip=call)
    answers.refuse(ANY, "InternalFailure", status=500, times=ALWAYS, skip=call)


def _kill_after(answers: InjectedAnswers, typed: Typed, call: int) -> None:
    answers.lose(ANY, skip=call)
    answers.before(ANY, typed.kill, skip=call + 1)
    answers.refuse(ANY, "InternalFailure", status=500, times=ALWAYS, skip=call + 1)


def _cancel(answers: InjectedAnswers, typed: Typed, call: int) -> None:
    answers.before(ANY, typed.cancel, skip=call)


DISTURBANCES = [
    Disturbance("throttled", _errors("ThrottlingException", 400, SHORT)),
    Disturbance("throttled for long", _errors("ThrottlingException", 400, LONG)),
    Disturbance("conflict", _errors("ResourceConflictException", 409, 1)),
    Disturbance("session expired", _errors("ExpiredTokenException", 403, ALWAYS)),
    Disturbance("answered 500", _errors("InternalFailure", 500, SHORT)),
    Disturbance("answered 503 for long", _errors("ServiceUnavailable", 503, LONG)),
    Disturbance("answer lost", _lose),
    Disturbance("killed before", _kill_before),
    Disturbance("killed after", _kill_after),
    Disturbance("cancelled", _cancel),
]


def disturb(chance: random.Random, answers: InjectedAnswers, typed: Typed) -> str:
    """Choose a disturbance and its call. Return the choice."""
    disturbance, call = chance.choice(DISTURBANCES), chance.randrange(CALLS[typed.command])
    disturbance.strike(answers, typed, call)
    return f"{disturbance.name} at call {call}"
