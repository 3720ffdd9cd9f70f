"""Constraint behind an IntegrityError."""

from collections.abc import Sequence

from django.db import IntegrityError
from django.db.models import Model, UniqueConstraint


def violates_unique(error: IntegrityError, model: type[Model], fields: Sequence[str]) -> bool:
    """Return True if the error violates a unique constraint of the model on exactly these fields.

    PostgreSQL reports the constraint, SQLite the columns.
    """
    diagnostics = getattr(error.__cause__, "diag", None)
    if diagnostics is not None:
        return diagnostics.constraint_name in _names(model, fields)
    concrete = {field.name: field.column for field in model._meta.concrete_fields}
    columns = (f"{model._meta.db_table}.{concrete[field]}" for field in fields)
    return str(error) == f"UNIQUE constraint failed: {', '.join(columns)}"


def _names(model: type[Model], fields: Sequence[str]) -> set[str]:
    return {
        constraint.name
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint) and constraint.fields == tuple(fields)
    }
