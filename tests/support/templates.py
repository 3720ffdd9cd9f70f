"""Content of a CloudFormation template."""

from typing import Any

Template = dict[str, Any]


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """Return the properties of all resources of a type, by logical name."""
    resources = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == f"AWS::{kind}"}


def watched_metrics(alarm: Template) -> list[Template]:
    """Return the metrics that an alarm watches, which are what it costs: one, or those of its metric math."""
    parts = [part["MetricStat"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
    return [part["Metric"] | {"Statistic": part["Stat"], "Period": part["Period"]} for part in parts] or [alarm]
