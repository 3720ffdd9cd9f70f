"""Executed packages are recognised by their content."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.packaging.executed_packages import ExecutedPackages, code_sha256

FILES = {"release.json": "{}", "config/urls.py": "a = 1", "zappa_settings.py": "API_STAGE='dev'"}


def zipped(path: Path, files: Mapping[str, str]) -> Path:
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, True),
        ({"zappa_settings.py": "API_STAGE='production'"}, True),
        ({"config/urls.py": "a = 2"}, False),
        ({"config/new.py": ""}, False),
        ({"release.json": '{"commit": "1"}'}, False),
    ],
)
def test_package_ran_if_its_files_did_for_whichever_stage(tmp_path: Path, changes: dict[str, str], known: bool) -> None:
    executed = ExecutedPackages(tmp_path / "new" / "executed-packages")
    assert not executed.has(zipped(tmp_path / "ran.zip", FILES))
    executed.add(tmp_path / "ran.zip")
    assert executed.has(zipped(tmp_path / "other.zip", FILES | changes)) is known


def test_hash_is_written_as_lambda_writes_it(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert code_sha256(tmp_path / "empty") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
