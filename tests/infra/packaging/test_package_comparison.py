"""A package for another machine may differ from the tested one only in native libraries and bytecode."""

from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.errors import PackagesDiffer
from infra.packaging.package_comparison import PackageComparison

HERE = {
    "config/urls.py": "a = 1",
    "config/__pycache__/urls.cpython-311.pyc": "b",
    "psycopg_binary/_psycopg.cpython-311-x86_64-linux-gnu.so": "x86",
    "psycopg_binary.libs/libpq-1234.so.5.18": "x86",
    "typing_extensions.py": "for old Pythons",
    "typing_extensions-4.16.0.dist-info/METADATA": "Name: typing-extensions\n\nText",
}
ELSEWHERE = {
    "config/urls.py": "a = 1",
    "config/__pycache__/urls.cpython-313.pyc": "c",
    "psycopg_binary/_psycopg.cpython-313-aarch64-linux-gnu.so": "arm",
    "psycopg_binary.libs/libpq-5678.so.5.18": "arm",
}


def compare(directory: Path, elsewhere: Mapping[str, str]) -> PackageComparison:
    for name, files in (("here.zip", HERE), ("elsewhere.zip", elsewhere)):
        with ZipFile(directory / name, "w") as archive:
            for path, content in files.items():
                archive.writestr(path, content)
    return PackageComparison.of(directory / "here.zip", directory / "elsewhere.zip")


def test_what_must_differ_is_counted(tmp_path: Path) -> None:
    comparison = compare(tmp_path, ELSEWHERE)
    comparison.refuse_others()
    assert str(comparison) == "4 native libraries and 2 compiled modules differ, nothing else"


@pytest.mark.parametrize(
    "changes", [{"config/urls.py": "a = 2"}, {"psycopg/arm.py": ""}, {"zappa_settings.json": "{}"}]
)
def test_any_other_file_that_differs_is_refused_by_name(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(PackagesDiffer, match=next(iter(changes))):
        compare(tmp_path, ELSEWHERE | changes).refuse_others()


def test_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PackagesDiffer, match=r"config/urls\.py"):
        compare(tmp_path, {name: text for name, text in ELSEWHERE.items() if name != "config/urls.py"}).refuse_others()
