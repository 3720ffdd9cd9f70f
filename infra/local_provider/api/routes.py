"""Operations of the API: method, path, parameters and function."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import EXPANDABLE, Shape
from infra.local_provider.resources import (
    accounts,
    charges,
    checkout_sessions,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)


@dataclass(frozen=True)
class Route:
    """An operation. The path's `{name}` is passed to the function under that name."""

    method: str
    path: str
    shape: Shape
    run: Callable[..., Body]

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path))


@dataclass(frozen=True)
class Call:
    """A route and the ids in its path."""

    route: Route
    ids: dict[str, Any]


INTENTS, SESSIONS, CUSTOMERS = "/v1/payment_intents", "/v1/checkout/sessions", "/v1/customers"
METHODS, REFUNDS, DISPUTES = "/v1/payment_methods", "/v1/refunds", "/v1/disputes"

ROUTES = (
    Route("GET", "/v1/account", EXPANDABLE, accounts.retrieve_current),
    Route("POST", INTENTS, payment_intents.CREATE, payment_intents.create),
    Route("GET", INTENTS, payment_intents.LIST, payment_intents.list_all),
    Route("GET", INTENTS + "/{intent}", EXPANDABLE, payment_intents.retrieve),
    Route("POST", INTENTS + "/{intent}/confirm", payment_intents.CONFIRM, payment_intents.confirm),
    Route("POST", INTENTS + "/{intent}/cancel", payment_intents.CANCEL, payment_intents.cancel),
    Route("POST", SESSIONS, checkout_sessions.CREATE, checkout_sessions.create),
    Route("GET", SESSIONS, checkout_sessions.LIST, checkout_sessions.list_all),
    Route("GET", SESSIONS + "/{session}", EXPANDABLE, checkout_sessions.retrieve),
    Route("POST", SESSIONS + "/{session}/expire", EXPANDABLE, checkout_sessions.expire),
    Route("POST", CUSTOMERS, customers.CREATE, customers.create),
    Route("GET", CUSTOMERS + "/{customer}", EXPANDABLE, customers.retrieve),
    Route("DELETE", CUSTOMERS + "/{customer}", EXPANDABLE, customers.delete),
    Route("GET", METHODS, payment_methods.LIST, payment_methods.list_all),
    Route("GET", METHODS + "/{payment_method}", EXPANDABLE, payment_methods.retrieve),
    Route("POST", METHODS + "/{payment_method}/attach", payment_methods.ATTACH, payment_methods.attach),
    Route("POST", METHODS + "/{payment_method}/detach", EXPANDABLE, payment_methods.detach),
    Route("GET", "/v1/setup_intents/{setup_intent}", EXPANDABLE, setup_intents.retrieve),
    Route("GET", "/v1/charges", charges.LIST, charges.list_all),
    Route("GET", "/v1/charges/{charge}", EXPANDABLE, charges.retrieve),
    Route("POST", REFUNDS, refunds.CREATE, refunds.create),
    Route("GET", REFUNDS, refunds.LIST, refunds.list_all),
    Route("GET", REFUNDS + "/{refund}", EXPANDABLE, refunds.retrieve),
    Route("GET", DISPUTES, disputes.LIST, disputes.list_all),
    Route("GET", DISPUTES + "/{dispute}", EXPANDABLE, disputes.retrieve),
    Route("GET", "/v1/events", events.LIST, events.list_all),
    Route("GET", "/v1/events/{event}", EXPANDABLE, events.retrieve),
)
_PATTERNS = [(route, route.pattern) for route in ROUTES]


def find_call(method: str, path: str) -> Call | None:
    """Return the operation that this method and path name."""
    for route, pattern in _PATTERNS:
        if route.method == method and (found := pattern.fullmatch(path)):
            return Call(route, found.groupdict())
    return None
