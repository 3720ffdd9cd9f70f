"""docs/reference/metrics.md: the metrics that the apps register."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise

from foundation import registries
from foundation.jobs.metrics import Metric
from infra.documentation.generated import MARK


def metrics_document() -> str:
    """Return docs/reference/metrics.md."""
    return "\n".join(_document()) + "\n"


def registered_metrics() -> list[Metric]:
    """Return the metrics of all apps, in the order of registration."""
    return list(registries.METRICS.items(Metric))


def meanings(kind: type[Metric]) -> dict[str, str]:
    """Return the docstring below each metric of the class, by its name in CloudWatch; empty where there is none."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - for mypy
    return {
        kind[statement.targets[0].id].value: _text(following)
        for statement, following in pairwise([*definition.body, ast.Pass()])
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return " ".join(str(statement.value.value).split())
    return ""


def _document() -> Iterator[str]:
    yield f"# Metrics\n\n{MARK}\n"
    yield "The namespace is `METRIC_NAMESPACE`, the dimensions are `Project` and `Stage`. A count is of one run."
    yield "A metric is left out while it is 0, unless it is a heartbeat. Alarms and the CloudWatch dashboard are in"
    yield "`infra/cloudformation/messaging.yaml`.\n"
    yield "| metric | unit | meaning |\n|---|---|---|"
    yield from map(_row, registered_metrics())


def _row(metric: Metric) -> str:
    heartbeat = ", heartbeat" if metric.is_heartbeat else ""
    return f"| `{metric.value}` | {metric.unit.lower()}{heartbeat} | {meanings(type(metric))[metric.value]} |"
