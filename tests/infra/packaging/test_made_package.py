"""A package that several programs need at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.packaging.made_package import MadePackage

MAKERS = 4


def test_programs_side_by_side_make_it_once(tmp_path: Path) -> None:
    builds: list[int] = []

    def make(number: int) -> None:
        made = MadePackage(tmp_path / "new" / "package.zip", "sources")
        with made.exclusively():
            if not made.is_current:
                builds.append(number)
                time.sleep(0.1)
                made.path.write_bytes(b"zip")
                made.remember()

    with ThreadPoolExecutor(MAKERS) as makers:
        list(makers.map(make, range(MAKERS)))
    assert len(builds) == 1
