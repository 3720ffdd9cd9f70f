"""Content of a CloudFormation template."""

from typing import Any

Template = dict[str, Any]


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """Return the properties of all resources of a type, by logical name."""
    resources = template["Resources"].items()
    return {name: resource["Properties"] for name, resource in resources if resource["Type"] == f"AWS::{kind}"}
