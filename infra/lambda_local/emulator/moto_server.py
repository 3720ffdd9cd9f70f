"""moto's server, the emulator that the local AWS runs on."""

import email
import logging
import urllib.request
from collections.abc import Callable
from email import policy
from itertools import islice
from typing import TYPE_CHECKING

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.emulator.accepted_mail import AcceptedMail

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from moto.server import ThreadedMotoServer
    from moto.ses.models import RawMessage


class MotoServer:
    """An `Emulator` in this process, on a free loopback port.

    moto is imported when it starts: importing it makes a session of boto3, which a shell's `AWS_PROFILE` may break.
    """

    _server: "ThreadedMotoServer"

    def __init__(self, around: "Callable[[WSGIApplication], WSGIApplication] | None" = None) -> None:
        """Take a layer that a test puts around the server's application."""
        self._around = around

    @property
    def url(self) -> str:
        """Return the endpoint of every service, once it has started."""
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    def start(self) -> None:
        """Serve; return when it answers."""
        from moto.server import ThreadedMotoServer  # noqa: PLC0415

        from infra.lambda_local.moto_gaps.gaps import close_gaps  # noqa: PLC0415

        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it logs every request
        close_gaps()
        self._server.start()
        if self._around and (server := self._server._server):  # noqa: SLF001 - moto has no other way to it
            server.app = self._around(server.app)

    def stop(self) -> None:
        """End, and forget everything."""
        self._server.stop()

    def reset(self) -> None:
        """Forget everything that was sent and made."""
        request = urllib.request.Request(f"{self.url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
        urllib.request.urlopen(request).close()  # noqa: S310

    def mails(self, region: str, start: int) -> list[AcceptedMail]:
        """Return the mails that SES accepted in the region, in order, without the first `start`.

        moto's own page of them would carry each function's code, too.
        """
        from moto.ses.models import RawMessage, ses_backends  # noqa: PLC0415

        sent = ses_backends[ACCOUNT][region].sent_messages
        raw = (stored for stored in sent if isinstance(stored, RawMessage))
        return [_accepted_mail(stored) for stored in islice(raw, start, None)]


def _accepted_mail(stored: "RawMessage") -> AcceptedMail:
    raw = stored.raw_data.encode()
    message = email.message_from_bytes(raw, policy=policy.default)
    recipients = list(dict.fromkeys(stored.destinations))  # moto lists the destination and the To header
    return AcceptedMail(stored.id, recipients, raw, message)
