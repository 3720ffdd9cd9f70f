"""Lighthouse over the public pages of a running service: `python -m infra.audit.lighthouse`. Needs node and Chromium.

Starts `make run` on new data, audits each page as Lighthouse does for a phone, and fails below LOWEST.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.documentation.pictures import chromium_path, running_service

FOLDER = Path(__file__).resolve().parent
PROGRAM = FOLDER / "node_modules" / ".bin" / "lighthouse"
PAGES = ("/", "/sign-in/", "/sign-up/", "/password-reset/", "/cancel-contracts/")
"""Public pages of our own. `/api/` is Swagger UI, whose script of 1.4 MB alone costs half of the performance."""
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LOWEST = 95
"""Points of 100 in each category."""

TRIES = 3
"""Runs per page, one of which must be good: what else the machine does only takes points away."""

CHROME_FLAGS = "--headless=new --no-sandbox --disable-gpu"
SECONDS = 180.0
"""Limit for one page; it takes about 15 seconds."""


@dataclass(frozen=True)
class PageScores:
    """Points per category of a page, and the audits of it that failed."""

    page: str
    points: Mapping[str, int]
    failed: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """True if each category has at least LOWEST points."""
        return all(self.points.get(category, 0) >= LOWEST for category in CATEGORIES)


def scores_of(page: str, report: Mapping[str, dict[str, dict[str, object]]]) -> PageScores:
    """Return the scores in a report in Lighthouse's JSON."""
    points = {name: _points(category.get("score")) for name, category in report["categories"].items()}
    failed = (name for name, audit in report["audits"].items() if audit.get("score") == 0)
    return PageScores(page, points, tuple(failed))


def run_lighthouse(url: str, chromium: str, report: Path) -> None:
    """Write the report on a page. Raises CalledProcessError or TimeoutExpired."""
    command = [
        str(PROGRAM),
        url,
        "--quiet",
        "--output=json",
        f"--output-path={report}",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags={CHROME_FLAGS}",
    ]
    environment = os.environ | {"CHROME_PATH": chromium}
    subprocess.run(command, env=environment, check=True, timeout=SECONDS)  # noqa: S603 - ours


def audit_page(url: str, page: str, chromium: str, report: Path) -> PageScores:
    """Return the first good scores of up to TRIES runs, or else those of the last one."""
    for attempt in range(1, TRIES + 1):
        run_lighthouse(url + page, chromium, report)
        scores = scores_of(page, json.loads(report.read_text(encoding="utf-8")))
        if scores.is_good or attempt == TRIES:
            break
    return scores


def as_table(scores: Iterable[PageScores]) -> str:
    """Return one line per page, with what failed below those that are not good."""
    lines = [f"{'page':20}" + "".join(f"{category:>16}" for category in CATEGORIES)]
    for one in scores:
        lines.append(f"{one.page:20}" + "".join(f"{one.points.get(category, 0):>16}" for category in CATEGORIES))
        if not one.is_good:
            lines.append(f"  failed: {', '.join(one.failed)}")
    return "\n".join(lines)


def main() -> int:
    """Audit all pages, print their points, and return 1 if one is below LOWEST."""
    chromium = chromium_path()
    with tempfile.TemporaryDirectory() as directory, running_service(Path(directory) / "data") as entrances:
        report = Path(directory) / "report.json"
        scores = [audit_page(entrances.url, page, chromium, report) for page in PAGES]
    print(as_table(scores))
    return 0 if all(one.is_good for one in scores) else 1


def _points(score: object) -> int:
    return round(score * 100) if isinstance(score, (int, float)) else 0


if __name__ == "__main__":
    sys.exit(main())
