"""A fork made by following the how-tos "Add an app" and "Add a scheduled job", sample by sample."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, Document
from tests.support.patience import PATIENCE_SECONDS

BLOCK = re.compile(r"^ *```(?:python|django)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(reports/[\w/]+\.\w+)`")
FILES = {"apps.py", "models.py", "settings.py", "urls.py", "jobs.py", "templates/reports/reports.html"}

PAGE = """
import django
django.setup()
from django.test import Client
print(Client().get("/reports/").content.decode())
"""


def _samples(howto: str) -> Iterator[tuple[str, str]]:
    """Yield each block with the file named last before it."""
    words, *rest = BLOCK.split(Document(f"docs/howto/{howto}.md").text)
    for block, following in zip(rest[::2], rest[1::2], strict=True):
        if named := FILE.findall(words):
            yield named[-1], textwrap.dedent(block)
        words = following


def _event() -> dict[str, str]:
    (text,) = re.findall(r"```json\n(.*?)```", Document("docs/howto/add-a-scheduled-job.md").text, re.DOTALL)
    event: dict[str, str] = json.loads(text)
    return event


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the repository with the app of the how-tos."""
    fork = tmp_path_factory.mktemp("fork")
    subprocess.run(["git", "checkout-index", "--all", f"--prefix={fork}/"], cwd=ROOT, check=True)  # noqa: S607
    samples = dict([*_samples("add-an-app"), *_samples("add-a-scheduled-job")])
    assert samples.keys() == {f"reports/{name}" for name in FILES}
    for path, text in {"reports/__init__.py": '"""Reports."""\n', **samples}.items():
        (fork / path).parent.mkdir(parents=True, exist_ok=True)
        (fork / path).write_text(text)
    stages = json.loads((fork / "zappa_settings.json").read_text())
    stages["dev"]["django_settings"] = "reports.settings"
    for stage in stages.values():
        stage["events"].append(_event())
    (fork / "zappa_settings.json").write_text(json.dumps(stages))
    run(fork, "manage.py", "makemigrations", "reports")
    return fork


def run(fork: Path, *arguments: str) -> str:
    """Run Python in the fork, in the shell of the how-to. Return its output."""
    shell = {"PATH": os.environ["PATH"], "DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "reports.settings"}
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=fork,
        env=shell,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.slow
def test_app_of_the_howtos_runs_with_its_page_and_its_job(fork: Path) -> None:
    run(fork, "-m", "infra.run", "--once")

    with sqlite3.connect(fork / ".local" / "db.sqlite3") as database:
        ((reports,),) = database.execute("SELECT count(*) FROM reports_report")
    database.close()
    assert reports > 0
    assert "<h1>Reports</h1>" in run(fork, "-c", PAGE)


@pytest.mark.slow
def test_app_of_the_howtos_passes_the_checks(fork: Path) -> None:
    assert "no issues" in run(fork, "manage.py", "check")
    run(fork, "-m", "ruff", "check", "--quiet", "reports")
    run(fork, "-m", "ruff", "format", "--check", "--quiet", "reports")
