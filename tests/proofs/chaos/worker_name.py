"""Worker name, which contains the clock's error and reaches AWS in the user agent."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True)
class WorkerName:
    """Worker number, from 1, and its clock's lead."""

    number: int
    clock_ahead: timedelta

    def __str__(self) -> str:
        return f"worker{self.number}.{self.clock_ahead.total_seconds():+.0f}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Parse a name. Raises ValueError."""
        found = re.fullmatch(r"worker(\d+)\.([+-]\d+)", text)
        if found is None:
            raise ValueError(f"{text!r} is no worker's name")
        return cls(int(found[1]), timedelta(seconds=int(found[2])))
