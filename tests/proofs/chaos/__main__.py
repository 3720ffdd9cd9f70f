"""Fault campaign: `make chaos`. Prints the result of each episode and a table of them all; fails if a promise broke."""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from itertools import cycle
from operator import add
from pathlib import Path

from infra.lambda_local.lifetime import end_with_this_thread
from tests.proofs.chaos.durations import PACE
from tests.proofs.chaos.verdict import Verdict, table

CHANNELS = 2
"""Notifications per expired subscription, one per channel."""
CONFIRMATIONS = ("all", "none")
"""SES confirmations that arrive."""
SHOWN = 20
"""Maximum number of problems to print."""


@dataclass(frozen=True)
class Episode:
    """Episode in a process of its own."""

    seed: int
    confirmations: str
    subscriptions: int
    storm_seconds: float
    log: Path

    def play(self) -> Verdict:
        """Run the episode and return its verdict. Raises CalledProcessError if it crashed."""
        arguments = (self.seed, self.confirmations, self.subscriptions, self.storm_seconds, self.log)
        done = subprocess.run(
            [sys.executable, "-m", "tests.proofs.chaos.episode", *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            preexec_fn=end_with_this_thread(signal.SIGKILL),
        )
        verdict = Verdict.from_json(done.stdout.splitlines()[-1])
        held = "every promise held" if verdict.holds else f"{len(verdict.problems)} problems, see {self.log}"
        print(f"seed {self.seed}, confirmations {self.confirmations}: {held}", flush=True)
        return verdict


def main(arguments: Sequence[str]) -> int:
    """Run all episodes. Return 1 if a promise broke."""
    chosen = _parser().parse_args(arguments)
    episodes = list(_episodes(chosen, Path(tempfile.mkdtemp(prefix="chaos-"))))
    print(f"Seeds {episodes[0].seed} to {episodes[-1].seed}; logs in {episodes[0].log.parent}", flush=True)
    with ThreadPoolExecutor(chosen.jobs) as pool:
        verdicts = list(pool.map(Episode.play, episodes))
    by_confirmations = defaultdict(list)
    for episode, verdict in zip(episodes, verdicts, strict=True):
        by_confirmations[episode.confirmations].append(verdict)
    columns = [(f"{arriving} confirmations", reduce(add, some)) for arriving, some in by_confirmations.items()]
    print(table(columns))
    problems = [problem for verdict in verdicts for problem in verdict.problems]
    print(*problems[:SHOWN], sep="\n")
    print(f"{len(problems)} promises broken" if problems else "Every promise held.")
    return 1 if problems else 0


def _episodes(chosen: argparse.Namespace, logs: Path) -> Iterator[Episode]:
    modes = cycle(CONFIRMATIONS if chosen.confirmations == "both" else [chosen.confirmations])
    for seed, mode in zip(range(chosen.seed, chosen.seed + chosen.seeds), modes, strict=False):
        number = chosen.notifications // CHANNELS // chosen.seeds
        yield Episode(seed, mode, number, chosen.storm * PACE, logs / f"seed-{seed}.log")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.proofs.chaos")
    parser.add_argument("--seeds", type=int, default=20, help="episodes; 20")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000), help="the first one; drawn")
    parser.add_argument("--notifications", type=int, default=12_000, help="in all episodes together; 12,000")
    parser.add_argument(
        "--confirmations", choices=[*CONFIRMATIONS, "both"], default="both", help="that arrive; in turn"
    )
    parser.add_argument("--storm", type=float, default=30, help="seconds of each episode, times CHAOS_PACE; 30")
    parser.add_argument("--jobs", type=int, default=2, help="episodes at once; 2")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
