"""A zip is unpacked as on Lambda, and removed completely."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage
from tests.support.patience import wait_until


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "package.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr(ZipInfo("handler.py", (1980, 1, 1, 0, 0, 0)), "x = 1")
        archive.writestr(ZipInfo("app/models.py", (1980, 1, 1, 0, 0, 0)), "y = 2")
    return path


def test_files_have_the_zips_dates_and_cannot_be_written_to(archive: Path) -> None:
    with UnpackedPackage(archive) as package:
        files = {path.relative_to(package.directory).as_posix(): path for path in package.directory.rglob("*")}
        assert files.keys() == {"handler.py", "app", "app/models.py"}
        assert files["app/models.py"].read_text() == "y = 2"
        for path in (package.directory, *files.values()):
            assert not path.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
        assert time.localtime(files["handler.py"].stat().st_mtime).tm_year == 1980

    assert not package.directory.exists()


OWNER = """
import os, sys
from pathlib import Path
from infra.lambda_local.sandbox.unpacked_package import UnpackedPackage

with UnpackedPackage(Path(sys.argv[1])) as package:
    print(package.directory, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_nothing_is_left_of_a_program_that_was_killed(archive: Path) -> None:
    owner = subprocess.run([sys.executable, "-c", OWNER, archive], capture_output=True, text=True, check=False)
    directory = Path(owner.stdout.strip())
    assert owner.returncode == -9

    wait_until(lambda: not os.path.lexists(directory))
