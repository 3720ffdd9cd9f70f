"""Cancellation of contracts without signing in: a request, the link of a mail, and its confirmation.

The law of a consumer's country may require it: section 312k of the German Civil Code,
https://www.gesetze-im-internet.de/bgb/__312k.html
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.address_holders import address_holders
from accounts.links import UsedLink, read_token
from accounts.mail_limits import use_allowance
from accounts.user_lookup import find_user
from foundation.email_addresses import UndeliverableAddress, address_of, normalised, readable
from foundation.mail import AccountMail
from payments.models import CancellationRequest
from subscriptions.models import REASON_LENGTH, Subscription
from subscriptions.services import SubscriptionService

CANCEL_CONTRACT = "cancel_contract"
LIFETIME = timedelta(days=14)
"""Validity of the link. It only ends contracts, and what was declared must not lapse while somebody is away."""

DAY = timedelta(days=1)
SALT = "payments.contract_cancellation"
REASON = "cancelled on the page for contracts"


def request_cancellation(named: str, contract: str, wish: str, now: datetime) -> None:
    """Keep the declaration, and send the link to the account with this address or user name, if there is one.

    An unknown one is the same work, and its mail is obsolete when it is rendered: three mails a day at most.
    """
    address = _address_of(named)
    if use_allowance(CANCEL_CONTRACT, address, DAY):
        CancellationRequest.objects.create(address=normalised(address), contract=contract, wish=wish, requested_at=now)
        AccountMail(CANCEL_CONTRACT, address).send()


def latest_request(address: str) -> CancellationRequest | None:
    """Return the newest declaration for the address."""
    return CancellationRequest.objects.filter(address=normalised(address)).order_by("-pk").first()


def link_of(request: CancellationRequest) -> str:
    """Return the link that confirms the request."""
    return f"{settings.SITE_URL}/cancel-contracts/{signing.dumps(request.pk, salt=SALT)}/"


def read_link(token: str) -> CancellationRequest:
    """Return the request that the token confirms. Raises ExpiredLink, ForgedLink, or UsedLink if it is gone."""
    found = CancellationRequest.objects.filter(pk=read_token(token, SALT, LIFETIME)).first()
    if found is None:
        raise UsedLink
    return found


def contracts_of(address: str, now: datetime) -> list[Subscription]:
    """Return the live subscriptions of the accounts with this address, cancelled ones too, oldest first."""
    live = Subscription.objects.live(now).filter(user__in=address_holders(address).values("pk"))
    return list(live.select_related("plan", "user").order_by("pk"))


def confirm(request: CancellationRequest, keys: Collection[int], now: datetime) -> list[Subscription]:
    """Cancel the chosen subscriptions of the request's address as their owner would, and return them.

    One that is cancelled already stays so. The history keeps what was declared, and when.
    """
    with transaction.atomic():
        chosen = [each for each in contracts_of(request.address, now) if each.pk in keys]
        for subscription in chosen:
            SubscriptionService.cancel_subscription(subscription, _reason(request), now=now, actor=subscription.user)
        CancellationRequest.objects.filter(pk=request.pk, confirmed_at=None).update(confirmed_at=now)
    return chosen


def _reason(request: CancellationRequest) -> str:
    said = [text for text in (request.contract, request.wish) if text]
    declared = f"{REASON}, declared on {request.requested_at:%Y-%m-%d %H:%M} UTC"
    return ": ".join([declared, "; ".join(said)] if said else [declared])[:REASON_LENGTH]


def _address_of(named: str) -> str:
    """Return the address that was typed, or that of the user who was named; else one that nobody has.

    A user is looked up in any case, so that the answer takes as long for an unknown name.
    """
    user: Any = find_user(named)
    try:
        return readable(named)
    except UndeliverableAddress:
        nobody = f"{salted_hmac(SALT, named, algorithm='sha256').hexdigest()[:40]}@unknown.invalid"
        return (address_of(user) if user else "") or nobody
