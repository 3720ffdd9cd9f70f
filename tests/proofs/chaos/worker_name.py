"""A worker's name tells how wrong its clock is, and reaches AWS in the user agent."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True)
class WorkerName:
    """A worker, counted from 1, and by how much its clock is ahead."""

    number: int
    clock_ahead: timedelta

    def __str__(self) -> str:
        return f"worker{self.number}.{self.clock_ahead.total_seconds():+.0f}"

    @classmethod
    def read(cls, text: str) -> Self:
        """From its text. Raises ValueError."""
        found = re.fullmatch(r"worker(\d+)\.([+-]\d+)", text)
        if found is None:
            raise ValueError(f"{text!r} is no worker's name")
        return cls(int(found[1]), timedelta(seconds=int(found[2])))
