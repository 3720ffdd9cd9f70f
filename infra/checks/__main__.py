"""Run make targets side by side and report their progress: `python -m infra.checks TARGET ...`.

Print a line when a target starts and when it ends, the progress of the running ones every ten seconds, and at the end
the output of those that failed. The exit status is 1 if a target failed, 130 if the run was interrupted.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from infra.checks.display import Display
from infra.checks.step import Step
from infra.lambda_local.lifetime import RemovedWithThisProcess
from infra.shared_memory import fastest_directory

SIDE_BY_SIDE = 2
PAUSE_SECONDS = 10.0
POLL_SECONDS = 0.05
ROOM = 4 << 30  # bytes, twice of what the tests have at a time
STOP_SECONDS = 60.0
"""The time that tests get after an interrupt to stop their servers and remove their files."""
INTERRUPTED = 128 + signal.SIGINT


def run(targets: list[str], side_by_side: int, display: Display) -> list[Step]:
    """Run the targets in their order, so many at a time. Return the steps that failed."""
    waiting, running, failed = list(targets), list[Step](), list[Step]()
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                running.append(_start(waiting.pop(0), display))
            for step in [step for step in running if step.status is not None]:
                running.remove(step)
                failed += [step] if _failed(step, display) else []
            display.update(running)
            time.sleep(POLL_SECONDS)
    finally:
        stop(running)
    return failed


def stop(steps: list[Step]) -> None:
    """Interrupt the steps and kill those that do not end."""
    for step in steps:
        step.interrupt()
    deadline = time.monotonic() + STOP_SECONDS
    for step in steps:
        step.kill_after(deadline)


def use_fastest_temporary_files() -> Path:
    """Give the targets a directory for their temporary files, in memory if the shell names none and there is enough.

    Return it. On a disk `make test` takes up to three times as long.
    """
    memory = None if "TMPDIR" in os.environ else fastest_directory(ROOM)
    directory = Path(tempfile.mkdtemp(prefix="checks-", dir=memory))
    directory.chmod(0o711)  # PostgreSQL runs under an account of its own where the caller is root
    os.environ["TMPDIR"] = str(directory)
    return directory


def main() -> int:
    """Run the targets that the command line names. Return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.checks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--side-by-side", type=int, default=SIDE_BY_SIDE, metavar="NUMBER")
    parser.add_argument("--pause", type=float, default=PAUSE_SECONDS, help="seconds between two lines of progress")
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell starts what runs in its background with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    started = time.monotonic()
    temporary = RemovedWithThisProcess([use_fastest_temporary_files()])
    try:
        failed = run(arguments.targets, arguments.side_by_side, Display(arguments.pause))
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return INTERRUPTED
    finally:
        temporary.remove()
    for step in failed:
        print(f"\n== {step.target}\n{step.reason}")
    names = ", ".join(step.target for step in failed)
    print(f"\n{f'Failed: {names}' if failed else 'All passed'}, after {time.monotonic() - started:.0f} s.")
    return int(bool(failed))


def _start(target: str, display: Display) -> Step:
    display.print(f"start   {target}")
    return Step(target)


def _failed(step: Step, display: Display) -> bool:
    display.print(f"{'FAILED' if step.status else 'passed'}  {step.target}  {step.duration}")
    return bool(step.status)


if __name__ == "__main__":
    sys.exit(main())
