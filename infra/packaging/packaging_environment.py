"""The virtual environment that Zappa packages: `requirements.txt` and nothing else."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.errors import PackagingFailed
from infra.packaging.lambda_runtimes import runtime_of

PROJECT = Path(__file__).resolve().parent.parent.parent
BUILD = PROJECT / "build"
REQUIREMENTS = PROJECT / "requirements.txt"
SETTINGS_FILE = PROJECT / "zappa_settings.json"
PREFIX = ".package-environment-"
"""Hidden, because Zappa deploys a WebSocket API when any other folder has a file that imports zappa.websocket."""

MEMORY = Path("/dev/shm")  # noqa: S108 - Zappa's copies of ten thousand files; on a disk it takes five times as long


@dataclass(frozen=True)
class PackagingEnvironment:
    """A virtual environment in `build`, made anew when requirements.txt or Python changes."""

    directory: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.directory / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return self.directory / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    @classmethod
    def prepare(cls) -> "PackagingEnvironment":
        """Make the environment unless it is there; 15 seconds. Raises UnsupportedPython and PackagingFailed."""
        environment = cls(BUILD / f"{PREFIX}{_fingerprint()}")
        with exclusively():
            if not environment._ready.exists():
                environment._make()
        return environment

    @classmethod
    def active(cls) -> "PackagingEnvironment":
        """The one that VIRTUAL_ENV names, which is what Zappa packages. Raises PackagingFailed for any other."""
        directory = Path(os.environ.get("VIRTUAL_ENV", ""))
        if directory.name != f"{PREFIX}{_fingerprint()}":
            raise PackagingFailed("Zappa would package whatever is installed here; run `make package` or `make deploy`")
        return cls(directory)

    def package(self, stage: str, archive: Path, settings_file: Path = SETTINGS_FILE, project: Path = PROJECT) -> None:
        """Have Zappa package the stage, in about 15 seconds; what is at `archive` is whole. Raises PackagingFailed."""
        unfinished = archive.with_suffix(".unfinished.zip")
        arguments = ("package", stage, "--settings_file", str(settings_file), "--output", str(unfinished))
        with exclusively():
            try:
                _run(str(self.python), "-m", "zappa.cli", *arguments, environment=self._variables(), directory=project)
                unfinished.replace(archive)
            finally:
                unfinished.unlink(missing_ok=True)

    def _variables(self) -> dict[str, str]:
        fast = {"TMPDIR": str(MEMORY)} if os.access(MEMORY, os.W_OK) and "TMPDIR" not in os.environ else {}
        return os.environ | fast | {"VIRTUAL_ENV": str(self.directory)}

    @property
    def _ready(self) -> Path:
        return self.directory / ".ready"

    def _make(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)  # one whose making was interrupted
        _run(sys.executable, "-m", "venv", "--without-pip", str(self.directory))
        pip = (sys.executable, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", "--no-input")
        install = ("install", "--require-hashes", "--no-compile", "-r", str(REQUIREMENTS))
        _run(*pip, "--python", str(self.python), *install)
        self._ready.touch()


@contextmanager
def exclusively() -> Iterator[None]:
    """One program at a time makes environments and packages in `build`; the others wait."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    runtime_of()
    made_from = f"{sys.version}\n{REQUIREMENTS.read_text()}"
    return hashlib.sha256(made_from.encode()).hexdigest()[:12]


def _run(*command: str, environment: Mapping[str, str] | None = None, directory: Path = PROJECT) -> None:
    finished = subprocess.run(  # noqa: S603 - Python, pip, Zappa
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise PackagingFailed(f"{' '.join(command)}\n{finished.stdout}{finished.stderr}")
