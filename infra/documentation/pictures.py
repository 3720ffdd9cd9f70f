"""Pictures for the README, taken of `make run`: `python -m infra.documentation.pictures`. Needs Chromium."""

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
SIZE: ViewportSize = {"width": 1200, "height": 760}
QUALITY = 80
"""Of WebP, in percent: text stays sharp, and a picture takes some 30 KB."""

SUBSCRIBER = re.compile(r"^Subscriber +sign in as (\S+) with the password (\S+)$", re.MULTILINE)
OPERATOR = re.compile(
    r"^Operator +(http://127\.0\.0\.1:\d+)/admin/ +sign in as (\S+) with the password (\S+)$", re.MULTILINE
)
UP = "Ctrl-C ends it."


@dataclass(frozen=True)
class Entrances:
    """Address of the site, and the name and password of the demo subscriber and the demo operator."""

    url: str
    subscriber: tuple[str, str]
    operator: tuple[str, str]


class NoPictures(RuntimeError):
    """The pictures cannot be taken; the message says why."""


@contextmanager
def running_service(directory: Path) -> Iterator[Entrances]:
    """Run the service on new data in the directory, and yield its entrances after the first sweep and delivery."""
    environment = os.environ | {"LOCAL_DIR": str(directory), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "infra.run"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as service:  # noqa: S603 - ours
        try:
            yield read_entrances(service.stdout or ())
        finally:
            service.terminate()
            service.communicate()  # what it says at its end


def read_entrances(lines: Iterable[str]) -> Entrances:
    """Return what the service prints until it is up. Raises NoPictures if it ends before."""
    said = ""
    for line in lines:
        said += line
        if UP in line:
            break
    subscriber, operator = SUBSCRIBER.search(said), OPERATOR.search(said)
    if UP not in said or not subscriber or not operator:
        raise NoPictures(f"make run did not name the two accounts to sign in as:\n{said}")
    url, name, password = operator.groups()
    return Entrances(url, (subscriber[1], subscriber[2]), (name, password))


def chromium_path() -> str:
    """Return the path of Chromium. Raises NoPictures where there is none."""
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not chromium:
        raise NoPictures("There is no Chromium: run `make browser`, or name one in the variable CHROMIUM.")
    return chromium


def take_pictures(entrances: Entrances, folder: Path) -> None:
    """Take a subscription as its owner sees it, and the dashboard as an operator does."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=OPTIONS)
        _take_site(_new_page(browser), entrances, folder / "site.webp")
        _take_dashboard(_new_page(browser), entrances, folder / "dashboard.webp")
        browser.close()


def _new_page(browser: Browser) -> Page:
    return browser.new_page(viewport=SIZE, locale="en-GB", color_scheme="light", reduced_motion="reduce")


def _take_site(page: Page, entrances: Entrances, path: Path) -> None:
    page.goto(f"{entrances.url}/subscriptions/")
    _sign_in(page, entrances.subscriber)
    page.locator("main a").first.click()
    page.wait_for_load_state()
    _take(page, path)


def _take_dashboard(page: Page, entrances: Entrances, path: Path) -> None:
    page.goto(f"{entrances.url}/admin/dashboard/")
    _sign_in(page, entrances.operator)
    page.wait_for_load_state("networkidle")
    _take(page, path)


def _sign_in(page: Page, account: tuple[str, str]) -> None:
    name, password = account
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name="Sign in").click()


def _take(page: Page, path: Path) -> None:
    """Write the visible part as WebP, which only the browser's own protocol offers."""
    session = page.context.new_cdp_session(page)
    answer = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    path.write_bytes(base64.b64decode(answer["data"]))


def main() -> None:
    """Take all pictures anew."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory, running_service(Path(directory)) as entrances:
        take_pictures(entrances, PICTURES)
    for path in sorted(PICTURES.glob("*.webp")):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
