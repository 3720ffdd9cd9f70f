"""Database columns of a model by field name."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model


def field_of_column(model: type[Model], name: str) -> "Field[Any, Any]":
    """Return the field with this name, or the primary key for `pk`. Raises FieldDoesNotExist if it has no column."""
    for field in model._meta.concrete_fields:
        if field.column and (field.name == name or (name == "pk" and field.primary_key)):
            return field
    raise FieldDoesNotExist(f"{name} is not a column of {model._meta.label}")


def column(model: type[Model], name: str, connection: BaseDatabaseWrapper) -> str:
    """Return the quoted column name of the field. Raises FieldDoesNotExist."""
    return connection.ops.quote_name(field_of_column(model, name).column or name)
