"""Signatures of the example's provider, held against the vector that Standard Webhooks publishes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from examples.payment_links import signatures
from examples.payment_links.signatures import signature, verify
from payments.errors import Forged

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""Of the vector in the tests of the specification's own libraries.

https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts
"""
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": SIGNATURE,
}
SIGNED_AT = datetime.fromtimestamp(1_614_265_330, UTC)
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.mark.parametrize("secret", [SECRET, SECRET.removeprefix("whsec_")])
def test_published_vector_is_signed_and_verified(secret: str) -> None:
    assert signature(secret, HEADERS["webhook-id"], HEADERS["webhook-timestamp"], BODY) == SIGNATURE
    assert verify(HEADERS, BODY, [secret], SIGNED_AT) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


@pytest.mark.parametrize(
    "given",
    [
        f"v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= {SIGNATURE}",
        f"v2,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= {SIGNATURE}",
        f"{SIGNATURE} v1a,AAAA",
    ],
)
def test_one_valid_signature_among_several_is_enough(given: str) -> None:
    verify(HEADERS | {"webhook-signature": given}, BODY, [OTHER, SECRET], SIGNED_AT)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_another"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1" * 5000},
        {"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNATURE.removeprefix("v1,")},
        {"webhook-signature": f"v2,{SIGNATURE.removeprefix('v1,')}"},
        {"webhook-signature": "v1,ä"},
    ],
)
def test_other_headers_are_refused(changed: dict[str, str]) -> None:
    with pytest.raises(Forged):
        verify(HEADERS | changed, BODY, [SECRET], SIGNED_AT)


@pytest.mark.parametrize("apart", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_message_of_another_time_is_refused(apart: timedelta) -> None:
    with pytest.raises(Forged):
        verify(HEADERS, BODY, [SECRET], SIGNED_AT + apart)


def test_every_flipped_bit_and_another_secret_is_refused() -> None:
    changed = [BODY[:at] + bytes([BODY[at] ^ 1 << bit]) + BODY[at + 1 :] for at in range(len(BODY)) for bit in range(8)]
    for body in changed:
        with pytest.raises(Forged):
            verify(HEADERS, body, [SECRET], SIGNED_AT)
    with pytest.raises(Forged):
        verify(HEADERS, BODY, [OTHER], SIGNED_AT)


def test_provider_is_as_short_as_a_second_one_should_be() -> None:
    """150 lines show that the interface asks for little."""
    folder = Path(signatures.__file__).parent
    assert sum(len(path.read_text().splitlines()) for path in folder.glob("*.py")) <= 150
