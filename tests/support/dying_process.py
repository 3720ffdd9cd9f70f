"""Process that is killed just before it changes something: a statement, a commit or a call of the gate's store."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from foundation import gate
from foundation.gate_store import GateStore


class Countdown:
    """Kills this process with kill -9 when it is about to pass a point after `left` others."""

    def __init__(self, left: int) -> None:
        self._left = left

    def pass_point(self) -> None:
        """Count a point, or die before it."""
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1

    def install(self) -> None:
        """Count each statement that changes something, each commit, and each call of the store."""
        connection.execute_wrappers.append(self._before_statement)  # the innermost: the gate's own are counted too
        _precede(BaseDatabaseWrapper, "_commit", self.pass_point)
        _precede(GateStore, "_call", self.pass_point)

    def _before_statement(self, execute: Callable[..., Any], sql: Any, *arguments: Any) -> Any:
        # A death before a query leaves the same as one before the next change: its row locks end with the session.
        if sql == gate.TAKE_LOCK or not str(sql).lstrip().startswith("SELECT"):
            self.pass_point()
        return execute(sql, *arguments)


def dies(action: Callable[[], object], point: int) -> bool:
    """Run the action in a process of its own; return True if it was killed before it passed the point.

    Raises RuntimeError if the action failed.
    """
    connection.close()
    gate.store().disconnect()

    def act() -> None:
        logging.disable(logging.CRITICAL)
        Countdown(point).install()
        action()
        connection.close()

    process = multiprocessing.get_context("fork").Process(target=act)
    process.start()
    process.join()
    if process.exitcode not in {0, -signal.SIGKILL}:
        raise RuntimeError(f"the process ended with {process.exitcode}")
    return process.exitcode != 0


def _precede(owner: type, name: str, before: Callable[[], None]) -> None:
    function = getattr(owner, name)

    def preceded(*arguments: Any, **named: Any) -> Any:
        before()
        return function(*arguments, **named)

    setattr(owner, name, preceded)
