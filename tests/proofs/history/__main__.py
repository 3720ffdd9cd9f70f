"""Random history of the service with a check of its promises: `python -m tests.proofs.history --seconds 120`.

Four processes with different clocks subscribe, renew, cancel, resume and sweep concurrently, in their own transactions
and a caller's; plans, users and groups are edited in the admin, receivers renew, and processes are killed at any time.
Two histories: in the honest one nobody writes memberships, and the audit must find nothing; in the tampering one the
audit corrects memberships written behind the service's back, and then finds nothing.
"""

import argparse
import random
import subprocess
import sys

MANNERS = ("honest", "tampering")


def main() -> int:
    """Run both histories. Return 1 if a promise broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.history")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="drawn")
    parser.add_argument("--seconds", type=float, default=0.0, help="each history lasts at least so long")
    parser.add_argument("--actions", type=int, default=300, help="and has at least so many actions; 300")
    chosen = parser.parse_args()
    print(f"Seed {chosen.seed}", flush=True)
    figures = [str(figure) for figure in (chosen.seed, chosen.actions, chosen.seconds)]
    command = [sys.executable, "-m", "tests.proofs.history.episode"]
    return max(subprocess.run([*command, manners, *figures], check=False).returncode for manners in MANNERS)


if __name__ == "__main__":
    sys.exit(main())
