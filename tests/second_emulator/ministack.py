"""AWS emulator ministack, which shares no code with moto: an `infra.lambda_local.emulator.local_aws.Emulator`.

Runs in its own process and environment, because it pins another botocore: `make test` sets up `build/emulator`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.accepted_mail import AcceptedMail
from infra.lambda_local.lifetime import end_with_this_thread
from notifications.models import Notification
from tests.support.patience import PATIENCE_SECONDS

PROGRAM = Path(__file__).resolve().parents[2] / "build" / "emulator" / "bin" / "ministack"

GAPS = {
    "GetFunction of a version": "its address leads to the newest code, so a rollback cannot be played, only noticed",
    "dead letters": "bear other attributes than Lambda's",
    "IAM": "policies are kept and not evaluated",
    "SES events": "configuration sets publish nothing, so infra.local.ses_feedback speaks for SES here, too",
    "raw mails": "kept by subject and bodies; the other headers are lost",
    "alarms on metric math": "refused by CloudFormation, so the stack is made without them",
    "data.yaml": "RDS types without an engine behind them; not made here",
}
"""Features used by the project that the emulator lacks. Close one to run more tests on it."""


class Ministack:
    """Server on a free loopback port."""

    def __init__(self) -> None:
        if not PROGRAM.exists():
            raise FileNotFoundError(f"{PROGRAM} is missing; run `make build/emulator/.ready`")
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self._port = unused.getsockname()[1]
        self._directory = Path(tempfile.mkdtemp(prefix="ministack-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return the endpoint of every service."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start the server and wait for it. Raises TimeoutError."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
        environment |= {
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "LOG_LEVEL": "ERROR",
            "HOME": str(self._directory),
            "TMPDIR": str(self._directory),
            "S3_DATA_DIR": str(self._directory / "s3"),
        }
        with (self._directory / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [PROGRAM],
                env=environment,
                cwd=self._directory,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_this_thread(signal.SIGKILL),  # noqa: PLW1509 - one system call, no lock
            )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"ministack did not start: {(self._directory / 'log').read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the server and drop all data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory)

    def reset(self) -> None:
        """Drop all data."""
        self._ask("/_ministack/reset", "POST")

    def mails(self, region: str, start: int) -> list[AcceptedMail]:
        """Return the mails that SES accepted, in order, without the first `start`."""
        accepted = self._ask("/_ministack/ses/messages")["messages"].get(ACCOUNT, [])
        return [_accepted_mail(stored) for stored in accepted[start:]]

    def _answers(self) -> bool:
        try:
            self._ask("/_ministack/health")
        except urllib.error.URLError:
            return False
        return True

    def _ask(self, path: str, method: str = "GET") -> Any:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310 - our own server
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.load(answer)


def _accepted_mail(stored: dict[str, Any]) -> AcceptedMail:
    """Build the mail from its parts; its Message-ID, which is not kept, comes from the outbox."""
    message = EmailMessage()
    message["From"], message["To"] = stored["Source"], ", ".join(stored["To"])
    message["Subject"] = stored["Subject"]
    key = Notification.objects.filter(message_id=stored["MessageId"]).values_list("pk", flat=True).first()
    if key is not None:
        message["Message-ID"] = f"<notification-{key}@{stored['Source'].rpartition('@')[2]}>"
    message.set_content(stored["BodyText"])
    message.add_alternative(stored["BodyHtml"] or "", subtype="html")
    return AcceptedMail(stored["MessageId"], stored["To"], message.as_bytes(), message)
