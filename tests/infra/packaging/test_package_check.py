"""Unusable and confidential packages are refused: each kind of problem once."""

import importlib.util
import json
import struct
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from infra.packaging.bytecode import Header, compile_module, compiled_name
from infra.packaging.lambda_runtimes import RUNTIMES, LambdaRuntime, runtime_of
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.package_check import BUDGET_BYTES, UNZIPPED_BYTES, check_package, main
from infra.packaging.package_problems import Kind

Files = dict[str, bytes]

HANDLER = b"def lambda_handler(event, context):\n    return event\n"
SETTINGS = {"dev": {"architecture": "x86_64"}, "arm": {"extends": "dev", "architecture": "arm64"}}
X86_64, ARM64, I386 = 62, 183, 3  # e_machine, https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html


def library(machine: int = X86_64, glibc: bytes = b"2.17", more: bytes = b"") -> bytes:
    """Return the relevant parts of an ELF file."""
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 3, machine)
    return header + b"\0GLIBC_2.2.5\0GLIBC_" + glibc + b"\0" + more


def module(name: str, source: bytes) -> Files:
    """Return a module with its bytecode."""
    return {name: source, compiled_name(name): compile_module(name, source)}


def good(stage: str = "dev") -> Files:
    """Return a small valid package."""
    return {
        **module("handler.py", HANDLER),
        **module("zappa_settings.py", f"API_STAGE='{stage}'\n".encode()),
        **module("config/urls.py", b"urlpatterns = []\n"),
        "zappa_settings.json": json.dumps(SETTINGS).encode(),
        "release.json": json.dumps({"commit": "0" * 40, "dirty": False, "apps": ["config"]}).encode(),
        "psycopg_binary.libs/libpq-e9b5c9ac.so.5.18": library(ARM64 if stage == "arm" else X86_64),
    }


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[[Mapping[str, bytes]], Path]:
    """Return a function that creates a zip."""

    def make(files: Mapping[str, bytes]) -> Path:
        path = tmp_path / "package.zip"
        with ZipFile(path, "w") as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return path

    return make


Zip = Callable[[Mapping[str, bytes]], Path]

URLS = compiled_name("config/urls.py")
PYC = good()[URLS]
MAGIC = importlib.util.MAGIC_NUMBER


@pytest.mark.parametrize("stage", ["dev", "arm"])
def test_good_package_has_no_problem(stage: str, zipped: Zip) -> None:
    assert check_package(zipped(good(stage))) == []


CASES: dict[str, tuple[dict[str, bytes | None], Kind, str]] = {
    "bytecode missing": ({URLS: None}, Kind.MISSING_BYTECODE, "config/urls.py"),
    "bytecode stale": ({"config/urls.py": b"new = 1\n"}, Kind.STALE_BYTECODE, URLS),
    "bytecode without a source": ({"config/urls.py": None}, Kind.STALE_BYTECODE, URLS),
    "bytecode with a date": ({URLS: MAGIC + bytes(4) + PYC[8:]}, Kind.CHECKED_BYTECODE, URLS),
    "bytecode with a hash to check": ({URLS: MAGIC + b"\3\0\0\0" + PYC[8:]}, Kind.CHECKED_BYTECODE, URLS),
    "bytecode of Python 3.14": ({URLS: b"\x2b\x0e\r\n" + PYC[4:]}, Kind.FOREIGN_BYTECODE, URLS),
    "bytecode empty": ({URLS: b""}, Kind.FOREIGN_BYTECODE, URLS),
    "newer glibc": ({"x.so": library(glibc=b"2.39")}, Kind.NEWER_GLIBC, "x.so"),
    "another architecture": ({"a.libs/x-1.so.3": library(ARM64)}, Kind.FOREIGN_LIBRARY, "a.libs/x-1.so.3"),
    "unknown architecture": ({"x.so": library(I386)}, Kind.FOREIGN_LIBRARY, "x.so"),
    "musl": ({"x.so": library(more=b"libc.musl-x86_64.so.1\0")}, Kind.FOREIGN_LIBRARY, "x.so"),
    "a Mac's library": ({"x.so": b"\xcf\xfa\xed\xfe\7"}, Kind.FOREIGN_LIBRARY, "x.so"),
    "a library of Windows": ({"x.pyd": b"MZ"}, Kind.FOREIGN_LIBRARY, "x.pyd"),
    "tests": ({"tests/data.json": b"{}"}, Kind.TESTS, "tests/data.json"),
    "tests inside": ({**module("a/tests/test_b.py", b"")}, Kind.TESTS, "a/tests/test_b.py"),
    "a test among modules": ({**module("a/test_b.py", b"")}, Kind.TESTS, "a/test_b.py"),
    "conftest": ({**module("a/conftest.py", b"")}, Kind.TESTS, "a/conftest.py"),
    ".env": ({".env": b"A=1"}, Kind.LOCAL_FILE, ".env"),
    ".env of a stage": ({"config/.env.production": b""}, Kind.LOCAL_FILE, "config/.env.production"),
    "database": ({"db.sqlite3": b""}, Kind.LOCAL_FILE, "db.sqlite3"),
    "database's log": ({"a/db.sqlite3-wal": b""}, Kind.LOCAL_FILE, "a/db.sqlite3-wal"),
    "access key": ({"a.txt": b"id AKIA" + b"J" * 16}, Kind.SECRET, "a.txt"),
    "private key": ({"k": b"-----BEGIN RSA PRIVATE " + b"KEY-----"}, Kind.SECRET, "k"),
    "private key in quotes": ({"k": b"k = '-----BEGIN PRIVATE " + b"KEY-----\\nMIIE'"}, Kind.SECRET, "k"),
    "password in an address": ({**module("a.py", b"u = 'postgres://u:hunter2" + b"@db/x'\n")}, Kind.SECRET, "a.py"),
    "no handler": (
        {"handler.py": None, compiled_name("handler.py"): None},
        Kind.MISSING_HANDLER,
        "handler.py",
    ),
    "handler without the function": ({**module("handler.py", b"x = 1\n")}, Kind.MISSING_HANDLER, "handler.py"),
    "release unknown": ({"release.json": None}, Kind.NO_RELEASE, "release.json"),
    "release broken": ({"release.json": b"[]"}, Kind.NO_RELEASE, "release.json"),
    "app missing": (
        {"release.json": b'{"commit": "0", "apps": ["config", "teams.billing"]}'},
        Kind.MISSING_APP,
        "teams.billing",
    ),
    "settings broken": ({"zappa_settings.json": b"{"}, Kind.MISSING_SETTINGS, "package.zip"),
    "settings missing": ({"zappa_settings.json": None}, Kind.MISSING_SETTINGS, "package.zip"),
    "stage unknown": ({**module("zappa_settings.py", b"API_STAGE='x'\n")}, Kind.MISSING_SETTINGS, "package.zip"),
    "stage not named": ({**module("zappa_settings.py", b"")}, Kind.MISSING_SETTINGS, "package.zip"),
}


@pytest.mark.parametrize(("doctored", "kind", "name"), CASES.values(), ids=CASES)
def test_problem_is_named_with_its_file(doctored: dict[str, bytes | None], kind: Kind, name: str, zipped: Zip) -> None:
    files = {path: content for path, content in (good() | doctored).items() if content is not None}
    (problem,) = check_package(zipped(files))
    assert (problem.kind, problem.name) == (kind, name)
    assert problem.hint


def test_label_of_a_private_key_that_a_parser_looks_for_is_no_secret(zipped: Zip) -> None:
    """Cryptography, for one, has such a line."""
    parser = b'START = b"-----BEGIN OPENSSH PRIVATE ' + b'KEY-----"\n'
    assert list(check_package(zipped(good() | module("ssh.py", parser)))) == []


def test_every_kind_of_problem_is_among_these_tests() -> None:
    source = Path(__file__).read_text()
    assert [kind.name for kind in Kind if f"Kind.{kind.name}" not in source] == []


def without_bytecode(files: Files) -> Files:
    return {name: content for name, content in files.items() if not name.endswith(".pyc")}


@pytest.mark.parametrize(
    ("version", "newest"), [((3, 11), b"2.26"), ((3, 12), b"2.34"), ((3, 13), b"2.34"), ((3, 14), b"2.34")]
)
def test_newest_c_library_is_the_runtimes(version: tuple[int, int], newest: bytes, zipped: Zip) -> None:
    target = LambdaTarget(runtime_of(version), "x86_64")
    files = good() if target.runtime == runtime_of() else without_bytecode(good())
    major, minor = RUNTIMES[version].glibc
    assert newest == f"{major}.{minor}".encode()
    assert check_package(zipped(files | {"x.so": library(glibc=newest)}), target) == []
    (problem,) = check_package(zipped(files | {"x.so": library(glibc=f"{major}.{minor + 1}".encode())}), target)
    assert problem.kind is Kind.NEWER_GLIBC
    assert RUNTIMES[version].name in problem.hint


def of_python(runtime: LambdaRuntime, files: Files) -> Files:
    """Return the files with bytecode marked for another Python."""
    made = without_bytecode(files)
    headers = {
        compiled_name(name, runtime): bytes(Header.of(source, runtime))
        for name, source in made.items()
        if name.endswith(".py")
    }
    return made | headers


OTHER = next(runtime for runtime in RUNTIMES.values() if runtime != runtime_of())
ELSEWHERE = {"dev": {"runtime": OTHER.name}}


def test_package_for_another_python_has_the_bytecode_of_that_one_or_none(zipped: Zip) -> None:
    files = good() | {"zappa_settings.json": json.dumps(ELSEWHERE).encode()}
    whole = of_python(OTHER, files)
    assert check_package(zipped(whole)) == []
    assert check_package(zipped(without_bytecode(files))) == []

    assert {problem.kind for problem in check_package(zipped(files))} == {Kind.MISSING_BYTECODE, Kind.STALE_BYTECODE}
    half = {name: content for name, content in whole.items() if name != compiled_name("config/urls.py", OTHER)}
    assert [problem.kind for problem in check_package(zipped(half))] == [Kind.MISSING_BYTECODE]
    stale = whole | {"config/urls.py": b"new = 1"}
    assert [problem.kind for problem in check_package(zipped(stale))] == [Kind.STALE_BYTECODE]


def test_package_of_an_arm_stage_that_runs_here_is_checked_for_here(zipped: Zip) -> None:
    files = good("arm") | {"psycopg_binary.libs/libpq-e9b5c9ac.so.5.18": library(X86_64)}
    assert [problem.kind for problem in check_package(zipped(files))] == [Kind.FOREIGN_LIBRARY]
    assert check_package(zipped(files), LambdaTarget(runtime_of(), "x86_64")) == []


@pytest.mark.parametrize(
    "harmless",
    [b"postgres://user:password@host:5432/name", b'f"postgres://{user}:{password}@{host}"', b"https://***:***@host"],
)
def test_pattern_of_an_address_is_no_secret(harmless: bytes, zipped: Zip) -> None:
    assert check_package(zipped(good() | {"README.txt": harmless})) == []


def test_secret_itself_is_not_repeated(zipped: Zip) -> None:
    (problem,) = check_package(zipped(good() | {"a.txt": b"AKIA" + b"J" * 16}))
    assert "JJJ" not in str(problem)


def test_zip_over_its_budget_is_refused(zipped: Zip) -> None:
    (problem,) = check_package(zipped(good() | {"large.bin": bytes(BUDGET_BYTES)}))  # not compressed
    assert problem.kind is Kind.TOO_LARGE
    assert "25.0 MiB zipped, 25 MiB allowed" in problem.hint


def test_package_over_lambdas_limit_is_refused(zipped: Zip, tmp_path: Path) -> None:
    assert UNZIPPED_BYTES == 262_144_000
    path = tmp_path / "package.zip"
    with ZipFile(zipped(good()), "a", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("large.bin", bytes(UNZIPPED_BYTES))
    (problem,) = check_package(path)
    assert problem.kind is Kind.TOO_LARGE
    assert "unzipped" in problem.hint


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-40], lambda whole: b"", lambda whole: whole.replace(b"def", b"fed")]
)
def test_damaged_zip_is_refused(damage: Callable[[bytes], bytes], zipped: Zip) -> None:
    path = zipped(good())
    path.write_bytes(damage(path.read_bytes()))
    assert [problem.kind for problem in check_package(path)] == [Kind.UNREADABLE]


def test_missing_zip_is_refused(tmp_path: Path) -> None:
    assert [problem.kind for problem in check_package(tmp_path / "none.zip")] == [Kind.UNREADABLE]


def test_command_prints_problems_and_fails(
    zipped: Zip, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for files, code, said in ((good() | {".env": b""}, 1, ".env: a file of this machine"), (good(), 0, "")):
        monkeypatch.setattr(sys, "argv", ["package_check", str(zipped(files))])
        assert main() == code
        assert capsys.readouterr().out.startswith(said)
