"""`make run ONCE=1` on ministack: `python -m tests.second_emulator.run_once DIRECTORY`."""

import sys
from pathlib import Path
from typing import Any

from infra.run import run_here


class Later:
    """Proxy of the emulator until Django is set up, as its models require."""

    def __getattr__(self, name: str) -> Any:
        """Return the emulator's attribute."""
        from tests.second_emulator.ministack import Ministack  # noqa: PLC0415 - it loads models

        self.emulator = vars(self).get("emulator") or Ministack()
        return getattr(self.emulator, name)


if __name__ == "__main__":
    sys.exit(run_here(Path(sys.argv[1]), once=True, emulator=Later()))
