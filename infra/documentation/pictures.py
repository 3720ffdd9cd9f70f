"""Pictures for the README, taken of `make run`: `python -m infra.documentation.pictures`. Needs Chromium."""

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
SIZE: ViewportSize = {"width": 1200, "height": 760}
QUALITY = 80
"""Of WebP, in percent: text stays sharp, and a picture takes some 30 KB."""

OPERATOR = re.compile(r"(http://127\.0\.0\.1:\d+)/admin/\s+sign in as (\S+) with the password (\S+)")


class NoPictures(RuntimeError):
    """The pictures cannot be taken; the message says why."""


@contextmanager
def running_service(directory: Path) -> Iterator[tuple[str, str, str]]:
    """Run the service on new data in the directory; yield its address, and the operator's name and password."""
    environment = os.environ | {"LOCAL_DIR": str(directory), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "infra.run"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as service:  # noqa: S603 - ours
        try:
            yield _read_address(service)
        finally:
            service.terminate()


def _read_address(service: subprocess.Popen[str]) -> tuple[str, str, str]:
    assert service.stdout is not None  # noqa: S101 - for mypy
    said = ""
    for line in service.stdout:
        said += line
        if found := OPERATOR.search(line):
            url, name, password = found.groups()
            return url, name, password
    raise NoPictures(f"make run ended before it named the operator:\n{said}")


def take_pictures(url: str, name: str, password: str, folder: Path) -> None:
    """Take the plans as a visitor sees them, and the dashboard as an operator does."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not chromium:
        raise NoPictures("There is no Chromium: run `make browser`, or name one in the variable CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        page = browser.new_page(viewport=SIZE, locale="en-GB", color_scheme="light", reduced_motion="reduce")
        page.goto(f"{url}/")
        _take(page, folder / "site.webp")
        page.goto(f"{url}/admin/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        page.goto(f"{url}/admin/dashboard/")
        page.wait_for_load_state("networkidle")
        _take(page, folder / "dashboard.webp")
        browser.close()


def _take(page: Page, path: Path) -> None:
    """Write the visible part as WebP, which only the browser's own protocol offers."""
    session = page.context.new_cdp_session(page)
    answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(answer["data"]))


def main() -> None:
    """Take all pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, running_service(Path(directory)) as (url, name, password):
        take_pictures(url, name, password, PICTURES)
    for path in sorted(PICTURES.glob("*.webp")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
