"""Virtual environment with `requirements.txt` only, for Zappa to package."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.errors import PackagingFailed
from infra.packaging.lambda_runtimes import runtime_of
from infra.shared_memory import fastest_directory

PROJECT = Path(__file__).resolve().parent.parent.parent
BUILD = PROJECT / "build"
REQUIREMENTS = PROJECT / "requirements.txt"
SETTINGS_FILE = PROJECT / "zappa_settings.json"
PREFIX = ".package-environment-"
"""Hidden, because Zappa deploys a WebSocket API if any other folder contains a file that imports zappa.websocket."""

ISOLATED = "-E"
"""Python option that ignores all PYTHON... variables of the shell."""

PIP = (sys.executable, ISOLATED, "-m", "pip", "--quiet", "--quiet", "--disable-pip-version-check", "--no-input")
INSTALL = ("install", "--require-hashes", "--no-compile")
READY = ".ready"
"""Name of the file that is written last, so that an interrupted environment is built again."""


@dataclass(frozen=True)
class PackagingEnvironment:
    """Virtual environment in `build`, rebuilt when requirements.txt or Python changes."""

    directory: Path

    @property
    def python(self) -> Path:
        """Interpreter."""
        return self.directory / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Directory of its packages."""
        return self.directory / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    @classmethod
    def prepare(cls) -> "PackagingEnvironment":
        """Create the environment unless it exists, in 15 seconds. Raises UnsupportedPython and PackagingFailed."""
        environment = cls(BUILD / f"{PREFIX}{_fingerprint()}")
        with exclusively():
            if not (environment.directory / READY).exists():
                environment._make()
        return environment

    def run(self, module: str, *arguments: str, directory: Path = PROJECT, packages: Path | None = None) -> None:
        """Run a module of this environment, or of the directory. Raises PackagingFailed with its output.

        `packages` is another environment, whose packages Zappa uses.
        """
        variables = os.environ | {"VIRTUAL_ENV": str(packages or self.directory)}
        if memory := fastest_directory():  # Zappa copies ten thousand files, which takes five times as long on a disk
            variables.setdefault("TMPDIR", str(memory))
        run_program([str(self.python), ISOLATED, "-m", module, *arguments], variables, directory)

    def package(
        self,
        stage: str,
        archive: Path,
        settings_file: Path = SETTINGS_FILE,
        project: Path = PROJECT,
        packages: Path | None = None,
    ) -> None:
        """Run Zappa's packaging of the stage, in about 10 seconds. Raises PackagingFailed."""
        arguments = ("package", stage, "--settings_file", str(settings_file), "--output", str(archive))
        self.run("zappa.cli", *arguments, directory=project, packages=packages)

    def _make(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)  # left by an interrupted run
        run_program([sys.executable, ISOLATED, "-m", "venv", "--without-pip", str(self.directory)])
        run_program([*PIP, "--python", str(self.python), *INSTALL, "-r", str(REQUIREMENTS)])
        (self.directory / READY).touch()


@contextmanager
def exclusively() -> Iterator[None]:
    """Lock the environments in `build` against concurrent programs."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    runtime_of()
    made_from = f"{sys.version}\n{REQUIREMENTS.read_text()}"
    return hashlib.sha256(made_from.encode()).hexdigest()[:12]


def run_program(command: list[str], environment: dict[str, str] | None = None, directory: Path = PROJECT) -> None:
    """Run a program to its end. Raises PackagingFailed with its output."""
    finished = subprocess.run(  # noqa: S603 - Python, pip, Zappa
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise PackagingFailed(f"{' '.join(command)}\n{finished.stdout}{finished.stderr}")
