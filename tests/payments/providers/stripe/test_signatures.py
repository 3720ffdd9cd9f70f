"""Signatures: our verdict is the official SDK's, but for what the SDK lets through."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from stripe import WebhookSignature

from payments.errors import Forged
from payments.providers.stripe.signatures import TOLERANCE, verify

CASES = 20_000
"""Signatures that are judged by both: of a time that is not ahead, and one in number."""
NOW = 1_796_000_000
SECRETS = ("whsec_one", "whsec_two", " whsec_three")
TEXTS = ("{}", '{"a":\r\n"ä€😀"}', "\r\n", "", "x" * 5_000, '{"t": 1, "v1": "="}', "\u0000", "\ufeff{}")
OFFSETS = (0, 1, -1, 299, 300, 301, -299, -300, -301, 10**6, -(10**6))


@pytest.fixture(autouse=True)
def the_sdks_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock by which the SDK judges a timestamp."""
    monkeypatch.setattr("stripe._webhook.time", SimpleNamespace(time=lambda: float(NOW)))


def accepts(call: Callable[[], object]) -> bool:
    try:
        call()
    except Exception:  # noqa: BLE001 - of the SDK come errors of Python's, too
        return False
    return True


def ours(header: str, body: bytes) -> bool:
    try:
        verify(header, body, SECRETS, datetime.fromtimestamp(NOW, UTC))
    except Forged:
        return False
    return True


def sdks(header: str, body: bytes) -> bool:
    return any(
        accepts(lambda secret=secret: WebhookSignature.verify_header(body, header, secret, 300))  # type: ignore[misc]
        for secret in SECRETS
    )


def parts(chance: random.Random) -> list[str]:
    """Return the parts of a signature that is often right, and often nearly so."""
    text, at = chance.choice(TEXTS), NOW + chance.choice(OFFSETS)
    secret = chance.choice([*SECRETS, "whsec_other"])
    header: str = WebhookSignature.generate_signature_header(text, secret, at)
    found = header.split(",")
    for _mutation in range(chance.choice([0, 0, 0, 1, 1, 2])):
        found = mutated(found, chance)
    return [text, ",".join(found)]


def mutated(found: list[str], chance: random.Random) -> list[str]:
    place = chance.randrange(len(found)) if found else 0
    part = found[place] if found else ""
    letter = chance.randrange(len(part)) if part else 0
    changed = {
        "letter": [part[:letter] + chance.choice("0aAfv1=, é\x00") + part[letter + 1 :]],
        "gone": [],
        "twice": [part, part],
        "space": [chance.choice([f" {part}", f"{part} ", part.replace("=", " = ")])],
        "scheme": [part.replace("v1", chance.choice(["v0", "V1", "v11", ""]))],
        "number": [part.replace("t=", chance.choice(["t=+", "t=0", "t=-", "t= ", "t=1_", "t=="]))],
        "case": [part.upper()],
        "cut": [part[:letter]],
        "beside": [part, chance.choice(["v1=00", "v0=aa", "x", "", "v1", "t"])],
        "before": [chance.choice(["v1=00", "t", "v1=é"]), part],
    }
    return [*found[:place], *chance.choice(list(changed.values())), *found[place + 1 :]]


def body_of(text: str, chance: random.Random) -> bytes:
    """Return the text's bytes, of which at times one bit is flipped."""
    body = bytearray(text.encode())
    if body and chance.random() < 0.2:
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return bytes(body)


def timestamps(header: str) -> list[str]:
    return [part for part in header.split(",") if part.split("=")[0] == "t"]


def is_ahead(header: str) -> bool:
    """Return True for a timestamp that the SDK takes although it is too far in the future."""
    try:
        return int(timestamps(header)[0].split("=")[1]) > NOW + TOLERANCE.total_seconds()
    except (IndexError, ValueError):
        return False


def test_twenty_thousand_signatures_are_judged_as_by_the_official_verifier() -> None:
    chance = random.Random(16)
    counted: Counter[str] = Counter()
    while counted["both True"] + counted["both False"] < CASES:
        text, header = parts(chance)
        body = body_of(text, chance)
        if is_ahead(header) or len(timestamps(header)) != 1:
            assert not ours(header, body), (header, body)
            counted["ours alone"] += 1
        else:
            verdict = sdks(header, body)
            assert ours(header, body) is verdict, (header, body)
            counted[f"both {verdict}"] += 1
    assert min(counted["both True"], counted["both False"], counted["ours alone"]) > CASES // 20, counted
