"""Real browser on the real site with the test database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, expect, sync_playwright

from infra.local.lambda_function import LambdaFunction
from infra.local.site import Site
from infra.local_provider.provider import SECRET_KEY, LocalProvider
from infra.packaging.zappa_stage import ZappaStage
from tests.browser.schedule import Schedule
from tests.browser.visitor import PATIENCE_MILLISECONDS, Visitor
from tests.support.traffic import Traffic

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of the browser."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.fail("There is no Chromium: run `make browser`, or name one in the variable CHROMIUM.")
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Yield the browser. Its driver keeps an event loop in this thread, which Django would mistake for async code."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET, timeout=PATIENCE_MILLISECONDS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def scripts() -> bool:
    """Return whether the visitor's browser runs scripts. A test that needs none is given both."""
    return True


@pytest.fixture
def visitor(browser: Browser, site: Site, traffic: Traffic, scripts: bool) -> Iterator[Visitor]:
    """Yield a visitor with a fresh profile, and fail on console errors or requests to other hosts."""
    with browser.new_context(locale="en-GB", reduced_motion="reduce", java_script_enabled=scripts) as context:
        visitor = Visitor(context, site.url, has_scripts=scripts)
        yield visitor
        assert visitor.troubles == []


@pytest.fixture
def schedule(lambda_function: LambdaFunction, stage: ZappaStage) -> Schedule:
    """Return the schedule of the stage `dev`."""
    return Schedule(lambda_function, stage)


@pytest.fixture
def clock_that_can_be_moved(settings: LazySettings, tmp_path: Path) -> None:
    """Set up a local clock for site, sweep and delivery."""
    settings.LOCAL_CLOCK = (tmp_path / "clock").as_uri()


@pytest.fixture
def local_provider(settings: LazySettings, visitor: Visitor) -> Iterator[LocalProvider]:
    """Let subscribers pay on the local provider's page, after they have accepted terms."""
    with LocalProvider() as running:
        settings.PAYMENT_PROVIDER, settings.TERMS_VERSION, settings.SITE_TERMS_URL = "stripe", "2026-11", "/terms"
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = running.url, SECRET_KEY
        visitor.others.append(running.url)
        yield running
