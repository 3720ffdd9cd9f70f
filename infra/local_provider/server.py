"""HTTP server of the provider, on the loopback address."""

import json
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from infra.lambda_local.loopback_server import LoopbackHandler, LoopbackServer, ServerThread, listen
from infra.local_provider.api.dispatch import VANISHED, ApiRequest, Dispatcher
from infra.local_provider.control.control_api import ControlApi
from infra.local_provider.errors import InvalidControl, Refused
from infra.local_provider.hosted.authentication_page import AuthenticationPage
from infra.local_provider.hosted.checkout_page import CheckoutPage
from infra.local_provider.hosted.page import Page
from infra.local_provider.hosted.receipt_page import show_receipt
from infra.local_provider.ledger.ledger import Ledger

JSON = ("Content-Type", "application/json")
HTML = (
    ("Content-Type", "text/html; charset=utf-8"),
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
)
CONTROL = "/_control/"


class ProviderServer(ServerThread):
    """Context manager: serve API, pages and control requests. The ledger's origin becomes its address."""

    def __init__(self, ledger: Ledger, dispatcher: Dispatcher, control: ControlApi, port: int = 0) -> None:
        handler = partial(_Handler, ledger, dispatcher, control)
        super().__init__(listen(partial(LoopbackServer, RequestHandlerClass=handler), port))
        ledger.origin = self.url


class _Handler(LoopbackHandler):
    def __init__(self, ledger: Ledger, dispatcher: Dispatcher, control: ControlApi, *rest: object) -> None:
        self._ledger, self._dispatcher, self._control = ledger, dispatcher, control
        self._checkout, self._authentication = CheckoutPage(ledger), AuthenticationPage(ledger)
        super().__init__(*rest)  # type: ignore[arg-type] # socketserver's own arguments

    def do_GET(self) -> None:
        self._answer("")

    def do_DELETE(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _answer(self, body: str) -> None:
        path = urlsplit(self.path).path
        if path.startswith(CONTROL):
            self._answer_control(path.removeprefix(CONTROL), body)
        elif path.startswith("/v1/"):
            self._answer_api(path, body)
        else:
            page = self._page(path, body)
            self.send(page.status, [*HTML, *map(self._reachable, page.headers)], page.body)

    def _reachable(self, header: tuple[str, str]) -> tuple[str, str]:
        """Return the header, with a merchant's origin replaced by the one at which customers reach it."""
        name, value = header
        parts = urlsplit(value)
        known = f"{parts.scheme}://{parts.netloc}"
        return name, self._ledger.sites.get(known, known) + value.removeprefix(known) if parts.netloc else value

    def _answer_api(self, path: str, body: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        encoded = body or urlsplit(self.path).query
        request = ApiRequest(self.command, path, encoded, headers)
        answer = self._dispatcher.handle(request)
        if answer.status == VANISHED:
            self.close_connection = True
            return
        shown = {"Request-Id": request.identifier, "Stripe-Version": request.version}
        shown |= {"Idempotency-Key": request.key, "Idempotent-Replayed": "true" if answer.replayed else ""}
        self.send(
            answer.status, [JSON, *((name, value) for name, value in shown.items() if value)], answer.text.encode()
        )

    def _answer_control(self, name: str, body: str) -> None:
        if self.headers.get("Origin"):  # a page in a browser, of whatever site
            self.send(HTTPStatus.FORBIDDEN, [JSON], b"{}")
            return
        try:
            answer, status = self._control.handle(self.command, name, json.loads(body or "{}")), HTTPStatus.OK
        except (InvalidControl, Refused, KeyError, TypeError, ValueError) as error:
            answer, status = {"error": str(error)}, HTTPStatus.BAD_REQUEST
        self.send(status, [JSON], json.dumps(answer).encode())

    def _page(self, path: str, body: str) -> Page:
        folder, _, identifier = path.rpartition("/")
        fields = dict(parse_qsl(body))
        match self.command, folder:
            case "GET", "/c/pay":
                return self._checkout.show(identifier)
            case "POST", "/c/pay":
                return self._checkout.submit(identifier, fields)
            case "GET", "/authenticate":
                return self._authentication.show(identifier)
            case "POST", "/authenticate":
                return self._authentication.submit(identifier, authenticated=fields.get("action") == "complete")
            case "GET", "/receipts":
                return show_receipt(self._ledger, identifier)
        return Page(b"Not found", HTTPStatus.NOT_FOUND)
