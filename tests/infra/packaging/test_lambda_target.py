"""Target machine of a package."""

from importlib.util import MAGIC_NUMBER, cache_from_source

import pytest

from infra.errors import UnsupportedPython
from infra.packaging.bytecode import Header, compile_module, compiled_name
from infra.packaging.lambda_runtimes import RUNTIMES, runtime_of
from infra.packaging.lambda_target import LambdaTarget


def test_stage_says_which_one() -> None:
    assert LambdaTarget.of_stage({}) == LambdaTarget(runtime_of(), "x86_64")
    target = LambdaTarget.of_stage({"architecture": "arm64", "runtime": "python3.14"})
    assert (target.runtime, target.architecture, str(target)) == (RUNTIMES[3, 14], "arm64", "python3.14 arm64")
    assert LambdaTarget.parse(str(target)) == target


def test_runtime_that_lambda_does_not_have_is_refused() -> None:
    with pytest.raises(UnsupportedPython, match=r"python3\.9. Use one of python3\.11, .*python3\.14"):
        LambdaTarget.of_stage({"runtime": "python3.9"})


def test_only_a_linux_of_this_architecture_and_python_runs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("sys.platform", "linux")
    assert [LambdaTarget(runtime_of(), name).runs_here for name in ("arm64", "x86_64")] == [True, False]
    other = next(runtime for runtime in RUNTIMES.values() if runtime != runtime_of())
    assert not LambdaTarget(other, "arm64").runs_here
    monkeypatch.setattr("sys.platform", "darwin")
    assert not LambdaTarget(runtime_of(), "arm64").runs_here


def test_wheels_are_for_its_c_library_or_an_older_one() -> None:
    old, new = (LambdaTarget(RUNTIMES[version], "arm64").platforms for version in ((3, 11), (3, 14)))
    assert (old[0], new[0]) == ("manylinux_2_26_aarch64", "manylinux_2_34_aarch64")
    assert old[-2:] == new[-2:] == ["manylinux_2_17_aarch64", "manylinux2014_aarch64"]


def test_format_of_this_pythons_bytecode_is_right() -> None:
    assert runtime_of().magic_number == MAGIC_NUMBER
    assert compiled_name("a/b.py") == cache_from_source("a/b.py", optimization="")
    source = b"a = 1\n"
    assert compile_module("a/b.py", source).startswith(bytes(Header.of(source)))
