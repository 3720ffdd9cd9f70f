"""Payment provider of `make run`: a process of its own, which the deployed Stripe adapter calls."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from infra.errors import ProviderFailed
from infra.lambda_local.lifetime import end_with_this_thread
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET

WEBHOOKS = "/payments/webhooks/stripe"
PORT = 12_111
PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 60


class PaymentProvider:
    """Context manager: the local provider. `url` is known once it has started.

    It follows the clock's offset in seconds, in the file `clock`. Its ledger is in memory, or in a file that is kept
    as long as the site's database, whose orders it names. Raises ProviderFailed.
    """

    url = ""
    _process: "subprocess.Popen[str]"

    def __init__(self, clock: Path, ledger: Path | None = None) -> None:
        files = ["--clock", str(clock), *(["--ledger", str(ledger)] if ledger else [])]
        # Its pages are found again after a restart, if the port is free.
        self._command = [sys.executable, "-m", "infra.local_provider", "--port", str(PORT), *files]
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def variables(self) -> dict[str, str]:
        """The environment by which the site uses the provider."""
        return {"PAYMENT_PROVIDER": "stripe", "STRIPE_API_BASE": self.url} | self.secrets

    @property
    def secrets(self) -> dict[str, str]:
        """The part of the environment that a deployed function reads from its secret."""
        return {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(  # noqa: S603 - our own program and arguments
            self._command,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C goes to the runner, which then ends the provider
            preexec_fn=end_with_this_thread(signal.SIGTERM),  # noqa: PLW1509 - one system call, no lock
        )
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            self._end()
            raise ProviderFailed("the local payment provider did not start; its error is above")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def send_events_to(self, site_url: str) -> None:
        """Send the signed events to the site."""
        self.control("webhooks", url=f"{site_url}{WEBHOOKS}")

    def lead_back_to(self, known: str, reached: str) -> None:
        """Lead customers to the second origin wherever the site has named the first."""
        self.control("sites", known=known, reached=reached)

    def control(self, name: str, **members: Any) -> Any:
        """Send a control request, and return its answer. Without members it is a GET."""
        body = json.dumps(members).encode() if members else None
        with self._opener.open(f"{self.url}/_control/{name}", body, timeout=TIMEOUT_SECONDS) as answer:
            return json.load(answer)

    def _end(self) -> None:
        self._process.terminate()
        self._process.communicate()
