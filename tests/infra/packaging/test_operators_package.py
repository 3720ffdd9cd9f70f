"""`zappa package` as typed by an operator in a fork with an own app and untracked files."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.packaging.packaging_environment import PackagingEnvironment
from infra.packaging.release import Release
from tests.infra.packaging.repository import commit_all

SETTING = re.compile(r"^INSTALLED_APPS = \[$", re.MULTILINE)
APP = {
    "loyalty/__init__.py": "",
    "loyalty/apps.py": (
        "from django.apps import AppConfig\n\n\nclass LoyaltyConfig(AppConfig):\n    name = 'loyalty'\n"
    ),
    "loyalty/models.py": "from points.rules import POINTS\n",
    "loyalty/templates/loyalty/points.html": "<p>points</p>\n",
    "loyalty/static/loyalty/points.css": "p { color: green }\n",
    "loyalty/locale/de/LC_MESSAGES/django.mo": "",
    "points/__init__.py": "",
    "points/rules.py": "POINTS = 3\n",
}
"""App of the fork, and a package without an app that it imports."""

LEFT_ABOUT = ("config/dump.sql", "subscriptions/services.py~", "notifications/old_module.py", "locale/notes.txt")


def write(directory: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content)


def install(project: Path, app: str) -> None:
    settings = project / "config" / "settings.py"
    settings.write_text(SETTING.sub(f'INSTALLED_APPS = [\n    "{app}",', settings.read_text(), count=1))


@pytest.fixture(scope="module")
def make_fork(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, str], str], Path]:
    """Return a function that copies the project with more committed files and another installed app."""

    def make(files: dict[str, str], app: str) -> Path:
        project = tmp_path_factory.mktemp("fork") / "project"
        Release.read().copy_to(project)
        write(project, files)
        install(project, app)
        commit_all(project)
        environment = PackagingEnvironment.prepare().directory
        (project / "build").mkdir()
        (project / "build" / environment.name).symlink_to(environment)  # which takes a minute to make
        return project

    return make


def zappa_package(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Return the output of the operator, whose environment contains more than requirements.txt."""
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return subprocess.run(
        [Path(sys.prefix) / "bin" / "zappa", "package", "dev", "--output", "typed.zip", *arguments],
        cwd=project,
        env=variables | {"VIRTUAL_ENV": sys.prefix, "AWS_DEFAULT_REGION": "us-east-1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def fork(make_fork: Callable[[dict[str, str], str], Path]) -> Path:
    """Return a fork with its own app and untracked files, after `zappa package dev`."""
    project = make_fork(APP, "loyalty")
    write(project, dict.fromkeys(LEFT_ABOUT, "ada@example.com"))
    finished = zappa_package(project)
    assert finished.returncode == 0, finished.stdout
    return project


def test_zappa_makes_the_bytes_of_make_package(fork: Path) -> None:
    assert (fork / "typed.zip").read_bytes() == (fork / "build" / "subs-dev.zip").read_bytes()


def test_zip_that_is_made_already_is_taken_as_it_is(fork: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = (fork / "build" / "subs-dev.zip").stat()
    monkeypatch.setenv("PATH", f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}")  # as in an activated environment
    assert zappa_package(fork).returncode == 0
    assert (fork / "build" / "subs-dev.zip").stat().st_mtime_ns == made.st_mtime_ns


def test_app_of_a_team_is_in_it_with_what_it_imports(fork: Path) -> None:
    inside = set(ZipFile(fork / "typed.zip").namelist())
    assert set(APP) - {"loyalty/static/loyalty/points.css"} <= inside
    assert [name for name in inside if re.fullmatch(r"build/static/loyalty/points\.\w+\.css", name)] != []


def test_untracked_files_are_excluded_and_the_zip_is_marked(fork: Path) -> None:
    with ZipFile(fork / "typed.zip") as zipped:
        assert set(LEFT_ABOUT) & set(zipped.namelist()) == set()
        record = json.loads(zipped.read("release.json"))
    assert (record["commit"], record["dirty"]) == (Release.read(fork).commit, True)
    assert "loyalty" in record["apps"]


def test_installed_app_that_is_not_committed_is_refused_by_name(
    make_fork: Callable[[dict[str, str], str], Path],
) -> None:
    project = make_fork({}, "forgotten.apps.ForgottenConfig")
    write(project, {"forgotten/__init__.py": "", "forgotten/apps.py": ""})
    finished = zappa_package(project)
    assert finished.returncode != 0
    assert "forgotten.apps.ForgottenConfig" in finished.stdout
    assert "git add" in finished.stdout
    assert not (project / "build" / "subs-dev.zip").exists()
    assert not (project / "typed.zip").exists()


def test_fork_without_git_is_told_what_to_do(fork: Path, tmp_path: Path) -> None:
    shutil.copytree(fork, tmp_path / "archive", symlinks=True, ignore=shutil.ignore_patterns(".git", "*.zip"))
    finished = zappa_package(tmp_path / "archive")
    assert finished.returncode != 0
    assert "git init && git add --all" in finished.stdout


def test_settings_file_that_the_zip_would_not_hold_is_refused(fork: Path, tmp_path: Path) -> None:
    shutil.copyfile(fork / "zappa_settings.json", tmp_path / "other.json")
    finished = zappa_package(fork, "--settings_file", str(tmp_path / "other.json"), "--output", "refused.zip")
    assert finished.returncode != 0
    assert "Omit --settings_file" in finished.stdout
    assert not (fork / "refused.zip").exists()
