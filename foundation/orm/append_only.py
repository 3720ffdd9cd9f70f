"""Models whose rows are written once: a history is neither changed nor deleted."""

from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnlyError(TypeError):
    """An attempt to change a history. Record a new row instead."""

    def __init__(self, model: type[models.Model]) -> None:
        super().__init__(f"{model.__name__} is append-only: record a new row instead of changing one")


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Rows that are neither changed nor deleted."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(self.model)

    def delete(self) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(self.model)

    def bulk_update(self, objs: Any, fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(self.model)


class AppendOnlyModel(models.Model):
    """Base of a model whose rows are written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row. Raises AppendOnlyError if it exists."""
        if not self._state.adding:
            raise AppendOnlyError(type(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError(type(self))
