"""`examples/product`: a team's app, tested, packaged and deployed without a changed line in the service."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from infra.packaging.packaging_environment import PackagingEnvironment
from tests.infra.packaging.repository import commit_all
from tests.support.patience import PATIENCE_SECONDS

OWN_VARIABLES = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
"""Variables of this test process: the product has a database and settings of its own."""
MAY_NAME_IT = ("docs/", "examples/", "tests/")


def run(*arguments: str, directory: Path = settings.BASE_DIR) -> None:
    """Run a module in a process of its own, and expect that it succeeds."""
    finished = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=directory,
        env={name: value for name, value in os.environ.items() if name not in OWN_VARIABLES},
        capture_output=True,
        text=True,
        check=False,
        timeout=10 * PATIENCE_SECONDS,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_product_behaves() -> None:
    suite = ("-p", "no:cacheprovider", "--ds", "tests.examples.product_settings", "tests/examples/product_behaviour.py")
    run("pytest", *suite)


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """Return a copy of the repository in which only the stages are the product's."""
    git("checkout-index", "--all", f"--prefix={tmp_path}/")
    shutil.copy(tmp_path / "examples" / "product" / "zappa_settings.json", tmp_path)
    return tmp_path


def test_fork_that_changes_the_stages_alone_runs_here(fork: Path) -> None:
    run("infra.run", "--once", directory=fork)
    assert list((fork / ".local" / "mails").glob("*welcome-to-monthly-is-ready.eml"))


def test_fork_that_changes_the_stages_alone_is_packaged_and_deployed(fork: Path) -> None:
    commit_all(fork)
    packages = PackagingEnvironment.prepare().directory
    (fork / "build").mkdir()
    (fork / "build" / packages.name).symlink_to(packages)
    run("tests.examples.product_deployment", directory=fork)


def test_fork_that_changes_the_stages_alone_is_described_as_a_whole(fork: Path) -> None:
    commit_all(fork)
    run("infra.documentation.api_description", directory=fork)
    run("infra.documentation.reference", directory=fork)
    described = json.loads((fork / "config" / "web" / "static" / "config" / "openapi.json").read_text())
    assert "/api/v1/reports" in described["paths"]
    assert "ReportsUnmailed" in (fork / "docs" / "reference" / "metrics.md").read_text()
    text = "Farewell from the reports"
    (fork / "examples" / "product" / "farewell.py").write_text(
        f"from django.utils.translation import gettext_lazy as _\n\nFAREWELL = _({text!r})\n"
    )
    with pytest.raises(AssertionError, match=f"not translated: {text}"):
        run("infra.messages", directory=fork)


def test_service_names_nothing_of_the_product() -> None:
    others = [name for name in git("ls-files").splitlines() if not name.startswith(MAY_NAME_IT)]
    read = [settings.BASE_DIR / name for name in others if Path(name).suffix in {".py", ".html", ".json"}]
    texts = [path.read_text() for path in read]
    assert not any("examples.product" in text or "examples/product" in text for text in texts)
