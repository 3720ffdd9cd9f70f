"""Remove each rule from a copy of the code and expect its tests to fail: `make mutations`."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.shared_memory import fastest_directory
from tests.proofs.mutations.mutation import ROOT, Mutation
from tests.proofs.mutations.table import MUTATIONS

PASSED, FAILED = 0, 1
"""pytest's exit codes. https://docs.pytest.org/en/stable/reference/exit-codes.html"""


def main() -> int:
    """Print the result of each rule. Return 1 if some tests do not detect its removal."""
    with _copy() as copy:
        every = sorted({test for mutation in MUTATIONS for test in mutation.tests})
        if _run(copy, every) != PASSED:
            print("The tests are red with all rules in place; put that right first.")
            return 1
        return max([_show(copy, mutation) for mutation in MUTATIONS])


def _show(copy: Path, mutation: Mutation) -> int:
    """Print a line per test of the rule."""
    with ExitStack() as removed:
        for each in (mutation, *mutation.further):
            removed.enter_context(_without(each, copy))
        codes = {test: _run(copy, [test]) for test in mutation.tests}
    for test, code in codes.items():
        said = "red" if code == FAILED else "STILL GREEN" if code == PASSED else f"broken, exit code {code}"
        print(f"without {mutation.rule:28} {said:12} {test}", flush=True)
    return int(any(code != FAILED for code in codes.values()))


@contextmanager
def _without(mutation: Mutation, copy: Path) -> Iterator[None]:
    path = copy / mutation.path
    source = path.read_text()
    path.write_text(mutation.mutated(source))
    yield
    path.write_text(source)


def _run(copy: Path, tests: Iterable[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(command, cwd=copy, capture_output=True, check=False).returncode


@contextmanager
def _copy() -> Iterator[Path]:
    """Yield a copy of the working tree without ignored files."""
    with tempfile.TemporaryDirectory(dir=fastest_directory()) as directory:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, names.split("\0")):
            if (ROOT / name).is_file():
                target = Path(directory, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, target)
        yield Path(directory)


if __name__ == "__main__":
    sys.exit(main())
