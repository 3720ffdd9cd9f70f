"""Packages for another machine come from its wheels; no test queries a registry."""

import hashlib
from pathlib import Path
from zipfile import ZipFile

import pytest

from infra.errors import PackagingFailed
from infra.packaging import packaging_environment, wheel_environment
from infra.packaging.lambda_runtimes import RUNTIMES
from infra.packaging.lambda_target import LambdaTarget
from infra.packaging.packaging_environment import PackagingEnvironment
from infra.packaging.target_requirements import requirements_for
from infra.packaging.wheel_environment import prepare_wheels

ARM = LambdaTarget(RUNTIMES[3, 13], "arm64")
LOCKED = """\
placebo==0.9.0 \\
    --hash=sha256:00
    # via zappa
django==5.2.19 \\
    --hash=sha256:11 \\
    --hash=sha256:12
    # via -r requirements.in
typing-extensions==4.16.0 ; python_full_version < '3.13' \\
    --hash=sha256:21
tzdata==2026.6 ; sys_platform == 'win32' \\
    --hash=sha256:31
psycopg[binary]==3.3.9 ; platform_machine == 'aarch64' \\
    --hash=sha256:41
"""


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (ARM, ["django", "psycopg"]),
        (LambdaTarget(RUNTIMES[3, 12], "x86_64"), ["django", "typing-extensions"]),
    ],
    ids=str,
)
def test_conditions_of_requirements_are_those_of_the_target(target: LambdaTarget, names: list[str]) -> None:
    lines = requirements_for(target, LOCKED).splitlines()
    assert [line.partition("==")[0].partition("[")[0] for line in lines if "==" in line] == names
    assert all(";" not in line for line in lines)
    assert [line.strip(" \\") for line in lines if "sha256:1" in line] == ["--hash=sha256:11", "--hash=sha256:12"]


def make_wheel(directory: Path, tag: str, library: str) -> str:
    """Create a wheel of `native` and return its hash."""
    path = directory / f"native-1.0-{tag}.whl"
    information = "native-1.0.dist-info"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(f"native/{library}", tag)
        wheel.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: native\nVersion: 1.0\n")
        wheel.writestr(f"{information}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n")
        wheel.writestr(f"{information}/RECORD", f"native/{library},,\n{information}/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PackagingEnvironment:
    """Return an environment whose only requirement has wheels for two machines, on the local disk."""
    wheels, requirements = tmp_path / "wheels", tmp_path / "requirements.txt"
    wheels.mkdir()
    hashes = [
        make_wheel(wheels, f"cp313-cp313-manylinux2014_{machine}", f"native.cpython-313-{machine}-linux-gnu.so")
        for machine in ("x86_64", "aarch64")
    ]
    lines = ["native==1.0", *(f"    --hash=sha256:{digest}" for digest in hashes)]
    requirements.write_text(" \\\n".join(lines) + "\n")
    monkeypatch.setattr(wheel_environment, "REQUIREMENTS", requirements)
    monkeypatch.setattr(packaging_environment, "BUILD", tmp_path / "build")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return PackagingEnvironment(tmp_path / "build" / "environment")


def test_wheel_for_the_target_is_taken_and_kept(environment: PackagingEnvironment) -> None:
    packages = prepare_wheels(environment, ARM)
    (library,) = (packages.site_packages / "native").iterdir()
    assert library.name == "native.cpython-313-aarch64-linux-gnu.so"

    library.write_text("kept")
    assert prepare_wheels(environment, ARM) == packages
    assert library.read_text() == "kept"


def test_target_that_has_no_wheel_is_refused_with_what_to_do(environment: PackagingEnvironment) -> None:
    with pytest.raises(PackagingFailed, match=r"(?s)native==1\.0.*python3\.12 arm64.*set a later `runtime`"):
        prepare_wheels(environment, LambdaTarget(RUNTIMES[3, 12], "arm64"))
