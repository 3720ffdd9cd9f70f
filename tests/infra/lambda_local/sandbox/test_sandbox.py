"""Function process: the same environment as on Lambda, and no effect on the next invocation."""

import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.lambda_local.sandbox import confinement as confining
from infra.lambda_local.sandbox.confinement import Confinement, OwnMounts, SharedMounts, confinement
from infra.lambda_local.sandbox.invocation_result import InvocationResult
from infra.lambda_local.sandbox.sandbox import Sandbox, receive
from tests.infra.lambda_local.sandbox.impatience import give_up_when
from tests.infra.lambda_local.sandbox.living import lives
from tests.infra.lambda_local.sandbox.meeting_point import MEET, MeetingPoint
from tests.support.patience import PATIENCE_SECONDS, wait_until

MakeSandbox = Callable[..., Sandbox]


@pytest.fixture
def sandbox_of(tmp_path: Path) -> Iterator[MakeSandbox]:
    """Yield a factory of sandboxes for the source of a module `handler`."""
    with ExitStack() as sandboxes:

        def make(
            source: str,
            *,
            timeout: float = PATIENCE_SECONDS,
            give_up: Callable[[], object] | None = None,
            **environment: str,
        ) -> Sandbox:
            (tmp_path / "handler.py").write_text(textwrap.dedent(source))
            return sandboxes.enter_context(
                Sandbox(
                    tmp_path,
                    environment=environment,
                    timeout=timedelta(seconds=timeout),
                    memory_megabytes=256,
                    name="f",
                    receive=give_up_when(give_up) if give_up else receive,
                )
            )

        yield make


@pytest.fixture(params=["own mounts", "shared mounts"])
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Confinement:
    """Return the strongest isolation on this machine, and the weakest."""
    best = confinement()
    if request.param == "own mounts":
        return best
    monkeypatch.setattr("infra.lambda_local.sandbox.function_process.confinement", SharedMounts)
    return SharedMounts()


def payload(result: InvocationResult) -> Any:
    """Return the handler's result."""
    assert result.error is None, result.log
    return result.payload


def test_it_sees_its_own_variables_and_none_of_this_process(
    isolation: Confinement, sandbox_of: MakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@else/here")
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    sandbox = sandbox_of("import os\ndef lambda_handler(event, context): return dict(os.environ)", OWN="mine")

    variables = payload(sandbox.invoke({}))

    assert variables["OWN"] == "mine"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert variables["_HANDLER"] == "handler.lambda_handler"
    assert variables["TZ"] == ":UTC"
    assert not {"DATABASE_URL", "PYTHONWARNINGS", "HOME", "VIRTUAL_ENV"} & variables.keys()


def test_it_imports_its_own_code_the_runtime_and_the_standard_library_only(
    isolation: Confinement, sandbox_of: MakeSandbox
) -> None:
    sandbox = sandbox_of(
        """
        import importlib.util, os, sys
        def lambda_handler(event, context):
            found = {name: importlib.util.find_spec(name) for name in event}
            return {name: os.path.relpath(spec.origin, os.environ["LAMBDA_RUNTIME_DIR"]) for name, spec in found.items() if spec}
        """  # noqa: E501
    )

    found = payload(sandbox.invoke(["boto3", "awslambdaric", "django", "moto", "pytest", "infra", "pip", "click"]))

    assert found == {"boto3": "boto3/__init__.py", "awslambdaric": "awslambdaric/__init__.py"}


def test_its_code_is_on_lambdas_path_and_read_only(sandbox_of: MakeSandbox, tmp_path: Path) -> None:
    if not isinstance(confinement(), OwnMounts):
        pytest.skip("this machine permits no mount namespace")
    sandbox = sandbox_of(
        """
        import os
        def lambda_handler(event, context):
            try:
                open("new", "w")
            except OSError as error:
                return [os.getcwd(), error.strerror, sorted(os.listdir())]
        """
    )

    assert payload(sandbox.invoke({})) == ["/var/task", "Read-only file system", ["handler.py"]]
    assert [path.name for path in tmp_path.iterdir()] == ["handler.py"]


def test_its_temporary_files_are_its_own_and_stay_while_it_is_warm(
    isolation: Confinement, sandbox_of: MakeSandbox
) -> None:
    sandbox = sandbox_of(
        """
        import os, pathlib, tempfile
        def lambda_handler(event, context):
            there = os.listdir(tempfile.gettempdir())
            pathlib.Path(tempfile.gettempdir(), "a-file-of-the-function").touch()
            if event == "die": os._exit(1)
            return there
        """
    )

    assert payload(sandbox.invoke({})) == []
    assert sandbox.invoke("die").payload is None
    assert payload(sandbox.invoke({})) == []
    assert payload(sandbox.invoke({})) == ["a-file-of-the-function"]
    assert not Path(tempfile.gettempdir(), "a-file-of-the-function").exists()


def test_sandbox_without_mounts_runs_with_less_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # no `unshare`
    confining.confinement.cache_clear()
    try:
        assert confinement().description.startswith("less isolation")
    finally:
        confining.confinement.cache_clear()


COUNTING = """
    calls = []
    def lambda_handler(event, context):
        calls.append(event)
        print("call", len(calls))
        left = context.get_remaining_time_in_millis()
        return {"calls": len(calls), "left": left, "arn": context.invoked_function_arn}
"""


def test_it_is_kept_warm_and_told_its_time_limit(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of(COUNTING)

    cold, warm = sandbox.invoke({}), sandbox.invoke({})

    assert (payload(cold)["calls"], payload(warm)["calls"]) == (1, 2)
    assert payload(warm)["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:f"
    assert 0 < payload(warm)["left"] <= PATIENCE_SECONDS * 1000
    assert payload(warm)["left"] > PATIENCE_SECONDS * 500, "in milliseconds"
    assert cold.start_duration is not None
    assert warm.start_duration is None


def test_each_invocation_has_its_own_piece_of_the_log(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of("print('starting')\n" + textwrap.dedent(COUNTING))

    first, second = sandbox.invoke({}), sandbox.invoke({})

    assert first.log.splitlines()[:3] == ["starting", f"START RequestId: {first.request_id} Version: $LATEST", "call 1"]
    assert second.log.splitlines()[:3] == [
        f"START RequestId: {second.request_id} Version: $LATEST",
        "call 2",
        f"END RequestId: {second.request_id}",
    ]
    assert second.log.splitlines()[-1].startswith(f"REPORT RequestId: {second.request_id}\tDuration: ")


@pytest.fixture
def meeting_point() -> Iterator[MeetingPoint]:
    with MeetingPoint() as meeting_point:
        yield meeting_point


HANGING = (
    MEET
    + """
import signal, subprocess
def lambda_handler(event, context):
    if event:
        print(subprocess.Popen(["sleep", "3600"]).pid)
        meet(event["meet"])
        while True: signal.pause()
    return "done"
"""
)


def test_over_its_time_it_is_killed_with_its_children_and_the_next_one_is_served(
    sandbox_of: MakeSandbox, meeting_point: MeetingPoint
) -> None:
    sandbox = sandbox_of(HANGING, timeout=600, give_up=lambda: meeting_point.somebody_is_at_the_door)

    result = sandbox.invoke({"meet": meeting_point.port})

    assert result.error == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {result.request_id} Error: Task timed out after 600.00 seconds",
    }
    assert "Task timed out after 600.00 seconds" in result.log
    child = int(result.log.splitlines()[1])
    wait_until(lambda: not lives(child))
    assert payload(sandbox.invoke({})) == "done"


def test_its_time_is_the_machines(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of("import signal\ndef lambda_handler(event, context):\n  while True: signal.pause()", timeout=1)

    result = sandbox.invoke({})

    assert result.error is not None
    assert result.error["errorType"] == "Sandbox.Timedout"
    assert result.duration + (result.start_duration or timedelta(0)) >= timedelta(seconds=1)


def test_a_start_that_takes_too_long_is_given_up(sandbox_of: MakeSandbox, meeting_point: MeetingPoint) -> None:
    source = f"{MEET}\nmeet({meeting_point.port})\nimport signal\nwhile True: signal.pause()"

    result = sandbox_of(source, give_up=lambda: meeting_point.somebody_is_at_the_door).invoke({})

    assert result.error is not None
    assert result.error["errorType"] == "Sandbox.Timedout"


def test_after_its_end_it_runs_nothing_more(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of("def lambda_handler(event, context): return 'done'")
    assert payload(sandbox.invoke({})) == "done"

    sandbox.end()

    error = sandbox.invoke({}).error
    assert error is not None
    assert error["errorType"] == "Runtime.ExitError"


def test_error_of_the_handler_reaches_the_invoker_and_the_process_continues(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of(
        """
        calls = []
        def lambda_handler(event, context):
            calls.append(1)
            if len(calls) == 1: raise LookupError("no such thing")
            return len(calls)
        """
    )

    failed = sandbox.invoke({})

    assert failed.error is not None
    assert (failed.error["errorType"], failed.error["errorMessage"]) == ("LookupError", "no such thing")
    assert "raise LookupError" in "".join(failed.error["stackTrace"])
    assert "[ERROR] LookupError: no such thing" in failed.log
    assert payload(sandbox.invoke({})) == 2


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("import absent", "Runtime.ImportModuleError", "No module named 'absent'"),
        ("def lambda_handler(", "Runtime.UserCodeSyntaxError", "Syntax error in module 'handler'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'lambda_handler' missing on module 'handler'"),
        ("raise LookupError('no setting')", "LookupError", "no setting"),
        ("import os; os._exit(3)", "Runtime.ExitError", "Runtime exited with error: exit status 3"),
    ],
)
def test_a_start_that_fails_says_why(source: str, kind: str, message: str, sandbox_of: MakeSandbox) -> None:
    result = sandbox_of(source).invoke({})

    assert result.error is not None
    assert result.error["errorType"] == kind
    assert message in result.error["errorMessage"]
    assert message in result.log


def test_after_a_start_that_failed_the_next_one_is_fresh(sandbox_of: MakeSandbox, tmp_path: Path) -> None:
    sandbox = sandbox_of("import settings\ndef lambda_handler(event, context): return settings.VALUE")
    assert sandbox.invoke({}).error is not None

    (tmp_path / "settings.py").write_text("VALUE = 7")

    assert payload(sandbox.invoke({})) == 7


@pytest.mark.parametrize(
    ("ending", "message"),
    [
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os._exit(3)", "Runtime exited with error: exit status 3"),
        ("os.kill(os.getpid(), 9)", "Runtime exited with error: signal: 9"),
    ],
)
def test_a_process_that_ends_is_an_error_and_is_replaced(ending: str, message: str, sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of(f"import os\ndef lambda_handler(event, context):\n  if event: {ending}\n  return 'done'")

    result = sandbox.invoke({"end": True})

    expected = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {result.request_id} Error: {message}"}
    assert result.error == expected
    assert payload(sandbox.invoke({})) == "done"


def test_an_answer_over_six_megabytes_is_refused(sandbox_of: MakeSandbox) -> None:
    sandbox = sandbox_of("def lambda_handler(event, context): return 'x' * event")

    assert len(payload(sandbox.invoke(6_000_000))) == 6_000_000
    result = sandbox.invoke(6_400_000)
    assert result.error is not None
    assert result.error["errorType"] == "Function.ResponseSizeTooLarge"
    assert payload(sandbox.invoke(1)) == "x"


def test_result_that_is_not_json_is_reported_as_by_lambda(sandbox_of: MakeSandbox) -> None:
    result = sandbox_of("def lambda_handler(event, context): return object()").invoke({})

    assert result.error is not None
    assert result.error["errorType"] == "Runtime.MarshalError"
