"""Output and files of `make run` in separate processes."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import takewhile
from pathlib import Path

import pytest

from infra.lambda_local.sandbox.confinement import confinement
from infra.local.payments_demo.browser import Browser
from tests.infra.built_package import BuiltPackage
from tests.support.mailbox import LINK
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.release_before import Release, check_out

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "infra.run"]
MAKE = ["make", "--silent", "--old-file=.venv/.ready", f"PYTHON={sys.executable}", "run", "ONCE=1"]
"""Command in the environment of the tests."""


def environment(directory: Path) -> dict[str, str]:
    # The tests may run below a make of their own, whose job server this one has no part in.
    outside = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}}
    return {**outside, "LOCAL_DIR": str(directory), "PYTHONWARNINGS": "error"}


WITHOUT_TICKS = """
import sys
from infra.lambda_local.eventbridge.schedule_clock import Clock
from infra.run import main
Clock.run = lambda clock, wait: wait(None)
sys.exit(main())
"""
"""`make run` whose schedule fires in the first rounds alone: afterwards nothing but an invocation can deliver."""

ROWS = 15
"""Rows of both tables."""
OVERTAKEN = 3
"""Mails of the demo data made obsolete by a later transition."""
PAYMENTS = {
    "orders paid": 4,
    "payments": 4,
    "periods renewed": 2,
    "declined": 2,
    "refunded": 1,
    "cents that moved": 2 * 990 + 2 * 290 - 990,
    "answer lost and paid once": 2,
    "charged twice": 0,
}
"""Rows of payments after the first run."""
MAILS_OF_PAYMENTS = 10
BOUNCING = 2
"""Mails of the demo data to an address that SES's simulator bounces."""


def run_once(directory: Path) -> tuple[int, dict[str, tuple[int, int]]]:
    """Return the exit status, and the two figures of each row of the table."""
    run = subprocess.run(
        [*COMMAND, "--once"],
        env=environment(directory),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert run.stderr == "", run.stdout
    lines = re.findall(r"^([a-zA-Z ]+?)  +(\d+) +(\d+) ", run.stdout, re.MULTILINE)
    return run.returncode, {what: (int(expected), int(read_back)) for what, expected, read_back in lines}


NOWHERE = "http://127.0.0.1:9"
"""Port of `discard`, which nobody serves."""

SHELL = {
    "AWS_PROFILE": "nowhere",
    **dict.fromkeys(("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE),
    "NO_PROXY": "",
    "no_proxy": "",
    "PYTHONOPTIMIZE": "2",
}
"""Variables of shells that the project must tolerate."""

# Python itself takes PYTHONSAFEPATH for an order not to look here, so that only make can put it aside.
SHELLS = [
    ([*COMMAND, "--once"], {"DJANGO_SETTINGS_MODULE": "config.settings"}, 0o077),
    (MAKE, {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONSAFEPATH": "1"}, 0o027),
]


@pytest.mark.parametrize(("command", "variables", "umask"), SHELLS, ids=["program", "make"])
def test_first_run_survives_the_shells_that_people_have(
    command: list[str], variables: dict[str, str], umask: int, tmp_path: Path
) -> None:
    run = subprocess.run(
        command,
        cwd=PROJECT,
        env=environment(tmp_path) | SHELL | variables,
        umask=umask,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stdout
    assert run.stdout.count("agrees") == ROWS


def break_an_address(directory: Path) -> None:
    """Make one pending mail undeliverable."""
    with sqlite3.connect(directory / "db.sqlite3") as database:
        database.execute("UPDATE auth_user SET email = 'nowhere' WHERE username = 'ada'")
        database.execute("""
            UPDATE notifications_notification SET state = 'pending', finished_at = NULL WHERE channel = 'ses'
            AND event_id IN (
                SELECT event.id FROM subscriptions_subscriptionevent event
                JOIN subscriptions_subscription subscription ON subscription.id = event.subscription_id
                JOIN auth_user ON auth_user.id = subscription.user_id WHERE auth_user.username = 'ada'
            )
        """)
    database.close()


def test_the_first_run_ends_what_is_due_and_the_next_ones_keep_it(tmp_path: Path) -> None:
    status, figures = run_once(tmp_path)

    assert status == 0
    assert figures["expired"] == (7, 7)
    assert figures["access removed"] == (6, 6)
    assert figures["reminders recorded"] == (1, 1)
    mails, accepted = figures["mails accepted by SES"]
    assert mails == accepted > 7
    assert figures["mails bounced"] == (BOUNCING, BOUNCING)
    assert figures["mails delivered"] == (mails - BOUNCING, mails - BOUNCING)
    events = mails - 1 + OVERTAKEN
    assert figures["events accepted by SNS"] == (events, events)
    assert {name: figures[name] for name in PAYMENTS} == {name: (number, number) for name, number in PAYMENTS.items()}
    assert len(list((tmp_path / "mails").glob("*.html"))) == mails + MAILS_OF_PAYMENTS

    assert run_once(tmp_path) == (0, dict.fromkeys(figures, (0, 0)))

    break_an_address(tmp_path)
    assert run_once(tmp_path) == (1, dict.fromkeys(figures, (0, 0)) | {"mails accepted by SES": (1, 0)})


def test_directory_of_the_release_before_still_starts(tmp_path: Path) -> None:
    directory = tmp_path / "local"
    old = Release(check_out(tmp_path / "release-before"), f"sqlite:///{directory / 'db.sqlite3'}")
    old.run("-m", "infra.run", "--once", LOCAL_DIR=str(directory))
    status, figures = run_once(directory)
    assert (status, set(figures.values())) == (0, {(0, 0)})


@pytest.fixture
def running(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run `make run`, killed at the latest when the test ends."""
    with subprocess.Popen(
        COMMAND, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def get(url: str) -> tuple[str, str]:
    """Return content type and text."""
    with urllib.request.urlopen(url) as page:  # noqa: S310 - our own site
        return page.headers.get_content_type(), page.read().decode()


def test_the_site_is_up_until_a_signal_ends_it_in_order(running: "subprocess.Popen[str]") -> None:
    assert running.stdout is not None
    shown = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), running.stdout))
    assert re.search(r"^Site .*\nSubscriber  sign in as ada .*\nOperator .*\n\nFirst sweep", shown, re.MULTILINE)
    admin = re.findall(r"^Operator +(\S+)", shown, re.MULTILINE)[0]
    style = re.findall(r'href="(/static/\S+\.css)"', get(admin)[1])[0]
    assert get(admin.removesuffix("/admin/") + style)[0] == "text/css"

    running.send_signal(signal.SIGINT)
    rest, errors = running.communicate(timeout=PATIENCE_SECONDS)

    assert (running.returncode, rest, errors) == (0, "\nEnded.\n", "")


def test_the_deployed_zip_serves_site_and_schedule_in_lambdas_sandbox(package: BuiltPackage, tmp_path: Path) -> None:
    command = [*COMMAND, "--lambda", str(package.archive)]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        try:
            shown = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), run.stdout))
            site = re.findall(r"^Site +(\S+)", shown, re.MULTILINE)[0]
            page = get(site)[1]
            style = re.findall(r'href="(/dev/static/\S+\.css)"', page)[0]
            kind = get(site.removesuffix("/dev/") + style)[0]
        finally:
            run.send_signal(signal.SIGINT)
            rest, errors = run.communicate(timeout=PATIENCE_SECONDS)

    assert (run.returncode, rest, errors) == (0, "\nEnded.\n", "")
    assert shown.count("agrees") == ROWS
    assert f"through the deployed zip in a sandbox ({confinement().description}) ..." in shown
    assert "Monthly" in page
    assert kind == "text/css"
    # The schedule goes on every minute, so only the first round is known.
    sweep, audit, reminders, delivery = re.split(r"(?<=\n)(?=START )", (tmp_path / "lambda.log").read_text())[1:5]
    assert "sweep finished" in sweep
    assert "access audited" in audit
    assert "reminders recorded" in reminders
    assert "delivery finished" in delivery
    assert ("Init Duration" in sweep, "Init Duration" in delivery) == (True, False)


VISITOR = {
    "username": "newcomer",
    "email": "newcomer@example.com",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
}


def mails_to(address: str, directory: Path) -> list[str]:
    """Return the texts of the mails to the address."""
    files = (directory / "mails").glob("*.eml")
    mails = [message_from_bytes(file.read_bytes(), EmailMessage, policy=policy.default) for file in files]
    texts = [mail.get_body(("plain",)) for mail in mails if mail["To"] == address]
    return [text.get_content() for text in texts if text is not None]


def test_sign_up_mail_leaves_the_deployed_zip_by_an_invocation_of_itself(package: BuiltPackage, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT_TICKS, "--lambda", str(package.archive)]
    with subprocess.Popen(command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        try:
            shown = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), run.stdout))
            browser, log = Browser(), tmp_path / "lambda.log"
            before = len(log.read_text())
            page = browser.open(re.findall(r"^Site +(\S+)", shown, re.MULTILINE)[0] + "sign-up/")
            assert browser.press(page, "Sign up", VISITOR).url.endswith("/dev/sign-up/sent/")
            wait_until(lambda: mails_to(VISITOR["email"], tmp_path))
            since = log.read_text()[before:]
            (mail,) = mails_to(VISITOR["email"], tmp_path)
            opened = browser.press(browser.open(LINK.findall(mail)[0]), "Confirm and open the account")
        finally:
            run.send_signal(signal.SIGINT)
            run.communicate(timeout=PATIENCE_SECONDS)

    invocations = re.split(r"(?<=\n)(?=START )", since)
    (delivery,) = [invocation for invocation in invocations if "delivery finished" in invocation]
    assert '"claimed": 1,' in delivery
    assert '"accepted": 1,' in delivery
    assert not any("sweep finished" in invocation for invocation in invocations)
    assert "delivery not started" not in since
    assert opened.url.endswith("/dev/")
