"""Measured figures for the calculation of costs and capacities, from docs/performance/figures.json.

Figures without a measurement have an assumed value, marked as such. Seconds refer to the processor named in that file.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).resolve().parent.parent.parent / "docs" / "performance" / "figures.json"
MICROSECOND = 1e-6
THOUSANDTH = 1e-3


@dataclass(frozen=True)
class Figure:
    """Number with its unit. `date` is the date of the measurement, or empty for an assumption."""

    value: float
    unit: str
    date: str

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True)
class Source:
    """Location of a figure, its scale and unit, and the value to assume if it is missing."""

    benchmark: str
    name: str
    assumed: float
    unit: str = "s"
    scale: float = 1.0

    def read(self, document: Mapping[str, Any]) -> Figure:
        """Return the figure."""
        kept = document.get(self.benchmark, {})
        value = kept.get("figures", {}).get(self.name)
        if value is None:
            return Figure(self.assumed, self.unit, "")
        return Figure(value * self.scale, self.unit, kept["machine"]["date"])


def _sweep(name: str, assumed: float, scale: float = MICROSECOND) -> Source:
    return Source("sweep", f"PostgreSQL {name}", assumed, scale=scale)


def _requests(endpoint: str, cpu: float, backend_cpu: float, queries: float) -> dict[str, Source]:
    return {
        f"{endpoint}, CPU": Source("http", f"{endpoint}: CPU", cpu),
        f"{endpoint}, CPU of PostgreSQL": Source("http", f"{endpoint}: backend CPU", backend_cpu),
        f"{endpoint}, queries": Source("http", f"{endpoint}: queries", queries, unit=""),
    }


SOURCES: dict[str, Source] = {
    "expiry, CPU": _sweep("100000 project client CPU us/row", 25e-6),
    "expiry, CPU of PostgreSQL": _sweep("100000 project backend CPU us/row", 40e-6),
    "expiry, queries": Source("sweep", "PostgreSQL queries/1,000", 0.004, unit="", scale=THOUSANDTH),
    "mail, CPU": Source("delivery", "mails: CPU", 2.8e-3),
    "mail, CPU of PostgreSQL": Source("delivery", "mails: backend CPU", 0.27e-3),
    "event, CPU": Source("delivery", "events: CPU", 0.45e-3),
    "event, CPU of PostgreSQL": Source("delivery", "events: backend CPU", 0.08e-3),
    "SES event, CPU": Source("feedback", "CPU", 1.5e-3),
    "SES event, CPU of PostgreSQL": Source("feedback", "backend CPU", 0.3e-3),
    "ten SES events, queries": Source("feedback", "queries", 9, unit=""),
    "start, CPU": Source("cold_start", "project: CPU", 0.27),
    "user": Source("storage", "auth_user: bytes", 300, unit="bytes"),
    "membership": Source("storage", "auth_user_groups: bytes", 130, unit="bytes"),
    "subscription": Source("storage", "subscriptions_subscription: bytes", 250, unit="bytes"),
    "event": Source("storage", "subscriptions_subscriptionevent: bytes", 260, unit="bytes"),
    "notification": Source("storage", "notifications_notification: bytes", 240, unit="bytes"),
    "SES event": Source("storage", "notifications_feedback: bytes", 1700, unit="bytes"),
    **_requests("plans", 5e-3, 0.8e-3, 4),
    **_requests("API subscriptions", 4e-3, 0.7e-3, 2),
    **_requests("API POST subscribe", 9e-3, 3e-3, 12),
    **_requests("POST sign in", 0.2, 1.5e-3, 9),
}
"""Figures per unit: expired subscription, delivered mail or event, started process, stored row, answered request."""


@cache
def measured() -> dict[str, Figure]:
    """Return every figure of SOURCES by name."""
    document = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {name: source.read(document) for name, source in SOURCES.items()}
