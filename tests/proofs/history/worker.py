"""Process of a history: `python -m tests.proofs.history.worker SEED {honest,tampering}`.

Acts until standard input ends or it is killed. Prints a line per action: the action, or `problem: ` and the error.
"""

import random
import sys
import threading
import traceback

import django

django.setup()

# These load models.
from tests.proofs.history import receivers  # noqa: E402
from tests.proofs.history.actions import ACTIONS, TAMPERING, Actor  # noqa: E402


def main(seed: str, manners: str) -> None:
    """Run actions."""
    chance = random.Random(seed)
    receivers.connect(chance)
    if manners == "tampering":
        ACTIONS.update([TAMPERING])
    over = threading.Event()
    threading.Thread(target=wait_for_the_end, args=(over,), daemon=True).start()
    actor = Actor(chance)
    while not over.is_set():
        try:
            print(actor.act(), flush=True)
        except Exception as error:  # noqa: BLE001 - the judge reports it
            traceback.print_exc()
            print(f"problem: {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
    print("over", flush=True)


def wait_for_the_end(over: threading.Event) -> None:
    """Set `over` when standard input ends."""
    sys.stdin.read()
    over.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
