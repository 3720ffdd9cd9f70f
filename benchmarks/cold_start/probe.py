"""Probe that measures the phases of a cold start. Copied into a package, and called by Lambda in place of the handler.

It runs inside the package, so it imports nothing of this project. `PROBE_HANDLER` names the handler, `PROBE_BEGAN` is
the value of perf_counter when the process was started, and `PROBE_MARK` begins the log line with the JSON result: CPU
seconds and wall-clock seconds by phase. Each moment from the start of the process to the first response belongs to one
phase: that of the package whose module is being executed. A module of the standard library belongs to its first
importer; imports during the first request belong to the request.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

OWNERS = {
    "boto3": ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "dateutil"),
    "Django": ("django", "asgiref", "sqlparse", "psycopg", "psycopg_binary"),
    "Zappa": ("zappa", "zappa_settings", "handler", "werkzeug", "markupsafe", "durationpy"),
    "project": (
        "accounts", "config", "foundation", "subscriptions", "notifications", "rest_framework", "knox", "csp",
        "whitenoise", "environ", "pythonjsonlogger", "drf_spectacular", "inflection", "uritemplate", "packaging",
    ),
}  # fmt: skip
PHASE_OF = {name: phase for phase, names in OWNERS.items() for name in names}


class Phases:
    """CPU seconds and wall-clock seconds per phase so far."""

    def __init__(self, began: float) -> None:
        self._running = ["runtime"]
        self._mark = (0.0, began)
        self.taken: dict[str, tuple[float, float]] = {}

    @contextmanager
    def within(self, phase: str) -> Iterator[None]:
        """Assign the time of the block to this phase, except for nested phases."""
        self.charge()
        self._running.append(phase)
        try:
            yield
        finally:
            self.charge()
            self._running.pop()

    def charge(self) -> None:
        """Assign the time since the last mark to the current phase."""
        now = (time.process_time(), time.perf_counter())
        cpu, wall = self.taken.get(self._running[-1], (0.0, 0.0))
        self.taken[self._running[-1]] = (cpu + now[0] - self._mark[0], wall + now[1] - self._mark[1])
        self._mark = now

    def owner_of(self, module: str) -> str:
        """Return the phase that the module's execution belongs to."""
        running = self._running[-1]
        return running if "first request" in self._running else PHASE_OF.get(module.partition(".")[0], running)


PHASES = Phases(float(os.environ["PROBE_BEGAN"]))  # On Linux, perf_counter is the same clock in all processes.
_execute = SourceFileLoader.exec_module


def _execute_in_its_phase(loader: SourceFileLoader, module: ModuleType) -> None:
    with PHASES.within(PHASES.owner_of(module.__name__)):
        _execute(loader, module)
        if module.__name__ == "django.core.wsgi":  # its call is not an import
            module.get_wsgi_application = _in_phase("Django", module.get_wsgi_application)  # type: ignore[attr-defined]


def _in_phase(phase: str, function: Callable[[], Any]) -> Callable[[], Any]:
    def counted() -> Any:
        with PHASES.within(phase):
            return function()

    return counted


def lambda_handler(event: Any, context: Any) -> Any:
    """Handle the first request, and log the time of each phase."""
    with PHASES.within("first request"):
        answer = _handler(event, context)
    sys.stderr.write(f"{os.environ['PROBE_MARK']}{json.dumps(PHASES.taken)}\n")
    return answer


PHASES.charge()
SourceFileLoader.exec_module = _execute_in_its_phase  # type: ignore[method-assign, assignment]
_module, _, _name = os.environ["PROBE_HANDLER"].rpartition(".")
with PHASES.within("project"):
    _handler = getattr(import_module(_module), _name)
