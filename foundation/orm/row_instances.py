"""Instances of a model from rows of its table, for many rows at once."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from django.db.models import Model
from django.db.models.base import ModelState

Instance = TypeVar("Instance", bound=Model)


def instances_of(
    model: type[Instance], using: str, columns: Sequence[str], rows: Iterable[Sequence[object]]
) -> list[Instance]:
    """Return an instance per row, whose first values are those of the columns, by attribute name. Others are deferred.

    `Model.from_db` calls `__init__`, which costs as much as reading the row. This sends neither `pre_init` nor
    `post_init`.
    """
    return [_instance_of(model, using, columns, row) for row in rows]


def _instance_of(model: type[Instance], using: str, columns: Sequence[str], row: Sequence[object]) -> Instance:
    state = ModelState()
    state.adding, state.db = False, using
    instance = model.__new__(model)
    instance.__dict__.update(zip(columns, row, strict=False))
    instance._state = state  # noqa: SLF001 - Model._state is documented
    return instance
