"""`examples/product`: a team's app on top of the service, tested, packaged and run without a changed line in it."""

import os
import subprocess
import sys

from django.conf import settings

from tests.support.patience import PATIENCE_SECONDS

PRODUCT = "examples/product/"
MAY_NAME_IT = ("docs/", "tests/", "examples/")


def tracked() -> list[str]:
    return subprocess.run(
        ["git", "ls-files"],  # noqa: S607
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def test_product_behaves() -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--ds", "tests.examples.product_settings",
         "tests/examples/product_behaviour.py"],
        cwd=settings.BASE_DIR,
        env={name: value for name, value in os.environ.items() if name not in LEFT_OUT},
        capture_output=True,
        text=True,
        check=False,
        timeout=10 * PATIENCE_SECONDS,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr


LEFT_OUT = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")
"""Variables of this test process: the product has a database and settings of its own."""


def test_service_names_nothing_of_the_product() -> None:
    naming = [
        name
        for name in tracked()
        if not name.startswith(MAY_NAME_IT)
        and (settings.BASE_DIR / name).suffix in {".py", ".json", ".toml", ".html", ".yaml", ".css", ".js"}
        and "examples.product" in (settings.BASE_DIR / name).read_text().replace("/", ".")
    ]
    assert naming == []
