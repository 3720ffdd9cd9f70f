"""Zip that Zappa builds for Lambda, and the tools that build it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.errors import PackagingFailed, UnsupportedPython
from infra.packaging import packaging_environment
from infra.packaging.deployed_folders import STATIC, deployed_folders
from infra.packaging.lambda_runtimes import runtime_of
from infra.packaging.package import main, make_package
from infra.packaging.package_check import BUDGET_BYTES, check_package
from infra.packaging.package_contents import AWS_SERVICES, PackageContents
from infra.packaging.package_sizes import size_table
from infra.packaging.package_writer import write_package
from infra.packaging.packaging_environment import PackagingEnvironment
from tests.infra.built_package import BuiltPackage
from tests.support.deployment import VARIABLES

ROOT = packaging_environment.PROJECT
AIM_BYTES = 20 * 2**20  # 18.7 with Stripe's SDK, which is 2.4 of it
NEEDED = [
    "botocore/data/endpoints.json",
    "botocore/data/sesv2/2019-09-27/service-2.json.gz",
    "build/static/staticfiles.json",
    "config/aws_lambda/handler.py",
    "django/conf/locale/de/LC_MESSAGES/django.mo",
    "django/contrib/admin/templates/admin/base.html",
    "handler.py",
    "locale/de/LC_MESSAGES/django.mo",
    "psycopg/__init__.py",
    "rest_framework/views.py",
    "stripe/_payment_intent_service.py",
    "zappa_settings.json",
    "zappa_settings.py",
]
NOT_DEPLOYED = [
    "benchmarks",
    "examples",
    "infra",
    "tests",
    "docs",
    "requests",
    "certifi",
    "troposphere",
    "setuptools",
    "pip",
    "package_info.json",
    "manage.py",
    ".ci",
]


PACKAGES = ("accounts", "config", "foundation", "notifications", "payments", "subscriptions")
FOLDERS = ("build/static", "config", "locale")
LANGUAGES = ("de", "en")


@pytest.fixture
def deployed() -> list[Path]:
    """Return the deployed folders of the project without generated ones."""
    return [ROOT / folder for folder in sorted(deployed_folders(ROOT) - {STATIC})]


def names(package: BuiltPackage) -> set[str]:
    """Return all file names in the zip."""
    with ZipFile(package.archive) as zipped:
        return set(zipped.namelist())


def test_built_package_passes_its_check_within_the_size_limit(package: BuiltPackage) -> None:
    assert check_package(package.archive) == []
    assert package.archive.stat().st_size < AIM_BYTES < BUDGET_BYTES


def test_package_contains_what_lambda_needs_and_nothing_else(package: BuiltPackage) -> None:
    inside = names(package)
    assert set(NEEDED) - inside == set()
    assert {name.split("/")[0] for name in inside} & set(NOT_DEPLOYED) == set()


def test_every_module_of_the_project_is_in_it_as_it_stands(package: BuiltPackage, deployed: list[Path]) -> None:
    ours = {str(path.relative_to(ROOT)): path.read_bytes() for folder in deployed for path in folder.rglob("*.py")}
    with ZipFile(package.archive) as zipped:
        packaged = {name: zipped.read(name) for name in zipped.namelist() if name in ours}
    assert ours | packaged == ours
    assert set(ours) - set(packaged) == {"config/api/schema.py"}


def test_zappa_takes_nothing_for_a_websocket_handler(package: BuiltPackage) -> None:
    assert "WEBSOCKET" not in (package.directory / "zappa_settings.py").read_text()


def test_django_starts_from_it_alone_and_compiles_nothing(package: BuiltPackage) -> None:
    program = Path(__file__).parent.parent.parent / "support" / "programs" / "packaged_start.py"
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-v", program, package.directory, *PACKAGES],
        env=VARIABLES | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    modules = [line for line in finished.stderr.splitlines() if str(package.directory) in line]
    assert [line for line in modules if line.startswith("# code object from ") and not line.endswith(".pyc'")] == []
    assert len([line for line in modules if " matches " in line]) > 800


def test_equal_sources_make_an_equal_zip(package: BuiltPackage, tmp_path: Path) -> None:
    again = make_package("dev", tmp_path)
    assert again.read_bytes() == package.archive.read_bytes()


@pytest.fixture
def site_packages(tmp_path: Path) -> Path:
    """Return an environment with two packages."""
    directory = tmp_path / "site-packages"
    for name in ("wanted", "troposphere"):
        information = directory / f"{name}-1.0.dist-info"
        information.mkdir(parents=True)
        (directory / f"{name}.py").touch()  # from Python 3.12 on, a file that is missing is not listed
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (information / "RECORD").write_text(
            f"{name}.py,,\n{information.name}/METADATA,,\n{information.name}/RECORD,,\n"
        )
    return directory


def test_order_and_dates_of_the_files_make_no_difference(site_packages: Path, tmp_path: Path) -> None:
    files = {"wanted.py": "a = 1", "config/x.py": "b = {'x', 'y'}", "locale/de/x.mo": "", "zappa_settings.json": "{}"}
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    for archive, order, year in ((first, list(files), 1990), (second, list(reversed(files)), 2020)):
        with ZipFile(archive, "w") as zipped:
            for name in order:
                (tmp_path / "file").write_text(files[name])
                shutil.copystat(__file__, tmp_path / "file")
                zipped.write(tmp_path / "file", name)
                zipped.infolist()[-1].date_time = (year, 1, 1, 0, 0, 0)
        write_package(archive, PackageContents(site_packages, FOLDERS, LANGUAGES))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "deployed"),
    [
        ("wanted.py", True),
        ("wanted-1.0.dist-info/METADATA", True),
        ("wanted-1.0.dist-info/RECORD", False),
        ("troposphere.py", False),
        ("unknown.py", False),
        ("dump.sql", False),
        ("config/urls.py", True),
        ("config/web/static/config/site.css", False),
        ("config/web/static/config/openapi.json", False),
        ("build/static/config/site.css", True),
        ("build/notes.txt", False),
        ("locale/de/LC_MESSAGES/django.mo", True),
        ("locale/de/LC_MESSAGES/django.po", False),
        ("package_info.json", False),
        ("__init__.py", False),
    ],
)
def test_only_the_project_and_its_requirements_are_deployed(name: str, deployed: bool, site_packages: Path) -> None:
    assert PackageContents(site_packages, FOLDERS, LANGUAGES).holds(name) is deployed


def test_a_client_of_a_service_that_botocore_would_no_longer_know_is_noticed(deployed: list[Path]) -> None:
    sources = [path.read_text() for folder in deployed for path in folder.rglob("*.py")]
    used = {service for source in sources for service in re.findall(r'\.(?:client|resource)\(\s*"(\w+)"', source)}
    assert used == set(AWS_SERVICES)


def test_table_of_sizes_adds_up(package: BuiltPackage) -> None:
    *parts, total = [float(size) for size in re.findall(r"([\d.]+) MiB", size_table(package.archive))]
    assert sum(parts) == pytest.approx(total, rel=0.06)  # the zip's own table of contents
    assert total == pytest.approx(package.archive.stat().st_size / 2**20, abs=0.05)


def test_python_that_is_no_runtime_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedPython, match=r"Python 3\.15 .* 3\.11, 3\.12, 3\.13, 3\.14"):
        runtime_of((3, 15))


def test_unknown_stage_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["package", "nowhere"])
    assert main() == 1
    assert "'nowhere'" in capsys.readouterr().err


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty requirements.txt and an empty `build`."""
    path = tmp_path / "requirements.txt"
    path.write_text("# none\n")
    monkeypatch.setattr(packaging_environment, "REQUIREMENTS", path)
    monkeypatch.setattr(packaging_environment, "BUILD", tmp_path / "build")
    return path


def test_environment_is_kept_until_the_requirements_change(requirements: Path) -> None:
    first = PackagingEnvironment.prepare()
    (first.site_packages / "kept").touch()
    assert PackagingEnvironment.prepare() == first
    assert (first.site_packages / "kept").exists()

    requirements.write_text("# none any more\n")
    assert PackagingEnvironment.prepare() != first


def test_environment_whose_making_was_interrupted_is_made_anew(requirements: Path) -> None:
    first = PackagingEnvironment.prepare()
    (first.site_packages / "half").touch()
    (first.directory / ".ready").unlink()
    assert PackagingEnvironment.prepare() == first
    assert not (first.site_packages / "half").exists()


def test_requirement_that_cannot_be_had_is_told_in_pips_words(requirements: Path) -> None:
    requirements.write_text(f"gone @ file:///gone-1.0-py3-none-any.whl --hash=sha256:{'0' * 64}\n")
    with pytest.raises(PackagingFailed, match=r"ERROR: .*gone-1\.0"):
        PackagingEnvironment.prepare()
