"""E-mail addresses: delivery form and comparison form."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.validators import validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.email_addresses import (
    LONGEST_ADDRESS,
    PLAIN,
    UndeliverableAddress,
    deliverable,
    normalised,
    readable,
    spellings,
)
from tests.support.deployment import environment

PASSED_BY_DJANGO = ["a@" + "ü" * 60 + ".de", "a@\uff0ex.com", "bob@אa.com", "\u017f@example.com"]
"""Addresses that Django accepts, but DNS or ASCII cannot represent."""

PROJECT = Path(__file__).resolve().parents[2]
STARTED = """
import django
django.setup()
from django.conf import settings
from django.core.validators import validate_email
from django.utils.functional import empty
print(settings.DEFAULT_FROM_EMAIL)
print("not compiled" if validate_email.domain_regex._wrapped is empty else "compiled")
"""


@given(st.text() | st.emails())
@example("Bob@BÜCHER.example")
def test_normalised_address_is_stable_and_fits(address: str) -> None:
    once = normalised(address)
    assert normalised(once) == once == once.lower()
    assert once.isascii()
    assert len(once) <= 254


@given(st.from_regex(PLAIN, fullmatch=True).filter(lambda address: len(address) <= LONGEST_ADDRESS))
def test_plain_address_is_one_that_django_accepts(address: str) -> None:
    validate_email(address)
    assert deliverable(address) == address


@pytest.mark.parametrize("sender", ["subscriptions@example.com", "Subscriptions <subscriptions@mail.example.com>"])
def test_start_reads_a_plain_sender_without_django_s_pattern(sender: str) -> None:
    given = environment(DJANGO_SETTINGS_MODULE="config.settings", SES_FROM_ADDRESS=sender)
    command = [sys.executable, "-c", STARTED]
    started = subprocess.run(command, cwd=PROJECT, env=given, capture_output=True, text=True, check=True)
    assert started.stdout.splitlines() == [sender, "not compiled"]


def test_domain_is_compared_as_dns_has_it() -> None:
    assert normalised("Bob@Bücher.example") == normalised("bob@xn--bcher-kva.EXAMPLE") != ""


@pytest.mark.parametrize("address", ["", "ada", *PASSED_BY_DJANGO, "a" * 60 + "@" + "b" * 60 + ("." + "c" * 60) * 3])
def test_address_that_no_mail_can_reach_is_undeliverable(address: str) -> None:
    with pytest.raises(UndeliverableAddress):
        deliverable(address)
    assert normalised(address) == ""


def test_address_is_sent_to_in_ascii_and_with_its_own_mailbox_name() -> None:
    assert deliverable("Bob@Bücher.example") == "Bob@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("domain", "in_dns"),
    [
        ("fa\u00df.example", "xn--fa-hia.example"),
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("\u03c3\u03c9\u03bb\u03b9\u03c2.example", "xn--uxadwb4a.example"),
        ("FA\u1e9e.example", "xn--fa-hia.example"),
        ("Bu\u0308cher.example", "xn--bcher-kva.example"),
    ],
)
def test_mail_goes_to_the_domain_that_was_written_and_to_no_other(domain: str, in_dns: str) -> None:
    assert deliverable(f"kunde@{domain}") == f"kunde@{in_dns}"
    assert normalised(f"kunde@{in_dns.upper()}") == f"kunde@{in_dns}"


def test_domain_is_shown_in_the_letters_of_its_language() -> None:
    assert readable("Kunde@XN--FA-HIA.example") == readable("Kunde@fa\u00df.example") == "Kunde@fa\u00df.example"
    assert readable("Bob@Example.COM") == "Bob@example.com"
    assert readable("bob@xn--a.example") == "bob@xn--a.example"  # nothing that DNS could not hold, and no word


def test_all_spellings_of_an_address_are_looked_for() -> None:
    assert spellings("Kunde@Fa\u00df.example") == {
        "Kunde@Fa\u00df.example",
        "Kunde@fa\u00df.example",
        "kunde@xn--fa-hia.example",
    }
    assert spellings("ada@example.com") == {"ada@example.com"}
    assert spellings("no address") == {"no address"}
