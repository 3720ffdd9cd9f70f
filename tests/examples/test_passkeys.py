"""`examples/passkeys`: passkeys as an extra, in processes with its settings, and the how-to that turns them on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.browser.conftest import chromium  # noqa: F401 - a fixture
from tests.docs.markdown import Document
from tests.examples.test_product import git, run

SHELL = re.compile(r"^ *```sh\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
SIGN_IN_PAGE = """
import django
django.setup()
from django.core.management import call_command
from django.test import Client
call_command("check")
call_command("migrate", verbosity=0)
print(Client().get("/sign-in/").content.decode())
"""


@pytest.mark.slow
def test_passkeys_behave(chromium: str) -> None:  # noqa: F811 - the fixture
    suite = ("--ds", "tests.examples.passkeys_settings", "tests/examples/passkeys_behaviour.py")
    run("pytest", "-n", "0", "-p", "no:cacheprovider", *suite)


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """Return a copy of the repository after the commands of the how-to; the locked requirements stay as they are."""
    git("checkout-index", "--all", f"--prefix={tmp_path}/")
    commands = SHELL.findall(Document("docs/howto/turn-on-passkeys.md").text)[0].replace("make lock\n", "")
    subprocess.run(["sh", "-e", "-c", commands], cwd=tmp_path, check=True)  # noqa: S607
    return tmp_path


@pytest.mark.slow
def test_fork_that_follows_the_howto_offers_passkeys_at_sign_in(fork: Path) -> None:
    environment = {"DJANGO_LOCAL": "1", "DJANGO_SETTINGS_MODULE": "passkeys.settings", "PATH": "/usr/bin:/bin"}
    database = f"sqlite:///{fork / 'db.sqlite3'}"
    page = subprocess.run(
        [sys.executable, "-c", SIGN_IN_PAGE],
        cwd=fork,
        env=environment | {"DATABASE_URL": database},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Sign in with a passkey" in page
    assert "examples" not in (fork / "passkeys" / "settings.py").read_text()
    assert (fork / "requirements.in").read_text().splitlines()[-1] == "django-otp-webauthn"


def test_service_has_no_part_of_it() -> None:
    for name in ("django-otp-webauthn", "webauthn", "cryptography"):
        assert not re.search(rf"^{name}==", (settings.BASE_DIR / "requirements.txt").read_text(), re.MULTILINE)
