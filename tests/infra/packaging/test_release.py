"""The packaged release contains the tracked files in the working tree, and says so if they are not committed."""

import json
from pathlib import Path

import pytest

from infra.errors import DirtyRelease, NoRepository
from infra.packaging.release import Release
from tests.infra.packaging.repository import commit_all, git


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a repository with a commit."""
    for name in ("zappa_settings.json", "config/urls.py", "config/ü ber.txt", "tests/test_a.py"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "project" / ".gitignore").write_text("*.pyc\n")
    commit_all(tmp_path / "project")
    return tmp_path / "project"


def test_release_is_the_commit(project: Path, tmp_path: Path) -> None:
    release = Release.read(project)
    release.refuse_changes()
    release.copy_to(tmp_path / "copy")

    assert json.loads(release.record) == {"commit": release.commit, "dirty": False}
    assert len(release.commit) == 40
    assert str(release) == release.commit[:12]
    copied = [path.relative_to(tmp_path / "copy") for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert sorted(map(str, copied)) == sorted(release.files)
    assert "config/ü ber.txt" in release.files


@pytest.mark.parametrize("name", ["config/dump.sql", "config/urls.py~", "loyalty/models.py"])
def test_file_that_git_does_not_know_stays_and_makes_it_dirty(project: Path, name: str) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_text("ada@example.com")
    release = Release.read(project)

    assert name not in release.files
    assert json.loads(release.record)["dirty"] is True
    with pytest.raises(DirtyRelease, match=rf"(?s){name}.*[Cc]ommit"):
        release.refuse_changes()


@pytest.mark.parametrize("name", ["notes.txt", "tests/test_b.py", "config/urls.pyc"])
def test_file_that_could_not_be_deployed_makes_no_difference(project: Path, name: str) -> None:
    (project / name).write_text("")
    release = Release.read(project)
    assert (name in release.files, release.changes) == (False, ())


def test_tracked_file_is_taken_as_it_stands_and_makes_it_dirty(project: Path, tmp_path: Path) -> None:
    before = Release.read(project)
    (project / "config" / "urls.py").write_text("changed")
    release = Release.read(project)
    release.copy_to(tmp_path / "copy")

    assert release.changes == ("config/urls.py",)
    assert str(release).endswith(", dirty")
    assert (tmp_path / "copy" / "config" / "urls.py").read_text() == "changed"
    assert release.digest != before.digest


@pytest.mark.parametrize("stage", [True, False])
def test_deleted_and_added_files_are_changes(project: Path, stage: bool) -> None:
    (project / "config" / "urls.py").unlink()
    (project / "config" / "new.py").write_text("")
    if stage:
        git(project, "add", "--all")
    release = Release.read(project)
    assert release.changes == ("config/new.py", "config/urls.py")
    assert ("config/new.py" in release.files, "config/urls.py" in release.files) == (stage, False)


def test_project_may_lie_in_a_larger_repository(tmp_path: Path, project: Path) -> None:
    (project / ".git").rename(tmp_path / "unused")
    commit_all(tmp_path)
    (project / "config" / "urls.py").write_text("changed")
    assert Release.read(project).changes == ("config/urls.py",)


def test_repository_of_a_git_hook_is_not_asked(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert "config/urls.py" in Release.read(project).files


def test_source_archive_is_refused_with_what_to_do(project: Path, tmp_path: Path) -> None:
    (project / ".git").rename(tmp_path / "unused")
    with pytest.raises(NoRepository, match="git init && git add --all"):
        Release.read(project)


def test_repository_around_an_untracked_project_is_refused(project: Path, tmp_path: Path) -> None:
    (project / ".git").rename(tmp_path / "unused")
    git(tmp_path, "init", "--quiet")
    with pytest.raises(NoRepository, match=r"does not track .* git init"):
        Release.read(project)


def test_repository_without_a_commit_is_refused(project: Path, tmp_path: Path) -> None:
    (project / ".git").rename(tmp_path / "unused")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    with pytest.raises(NoRepository, match="git commit"):
        Release.read(project)


def test_machine_without_git_is_told_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    with pytest.raises(NoRepository, match="git is not installed"):
        Release.read(project)
