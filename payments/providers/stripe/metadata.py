"""Metadata of what is created at Stripe: the number that it is for, signed.

Others may create objects in the same account, for numbers of their own: another product, a stage, a plugin.
"""

from collections.abc import Mapping

from django.core.signing import BadSignature, Signer

SIGNATURE = "signature"


def named(kind: str, number: object) -> dict[str, str]:
    """Return the metadata of an object that is for an order or a user, such as {"order": "17", "signature": "..."}."""
    return {kind: str(number), SIGNATURE: _signer().signature(f"{kind}:{number}")}


def is_ours(metadata: Mapping[str, str], kind: str) -> bool:
    """Return True if this service wrote the number: with its key, or one of the keys before."""
    signer = _signer()
    try:
        signer.unsign(f"{kind}:{metadata.get(kind, '')}{signer.sep}{metadata.get(SIGNATURE, '')}")
    except BadSignature:
        return False
    return True


def _signer() -> Signer:
    return Signer(salt="payments.providers.stripe.metadata")
