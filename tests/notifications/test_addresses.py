"""E-mail addresses, as they are sent to and as they are compared."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.addresses import deliverable, normalised
from notifications.errors import UndeliverableAddress

PASSED_BY_DJANGO = ["a@" + "ü" * 60 + ".de", "a@\uff0ex.com", "bob@אa.com", "\u017f@example.com"]
"""Addresses that Django takes for valid and no DNS, or no ASCII, can hold."""


@given(st.text() | st.emails())
@example("Bob@BÜCHER.example")
def test_normalised_address_is_stable_and_fits(address: str) -> None:
    once = normalised(address)
    assert normalised(once) == once == once.lower()
    assert once.isascii()
    assert len(once) <= 254


def test_domain_is_compared_as_dns_has_it() -> None:
    assert normalised("Bob@Bücher.example") == normalised("bob@xn--bcher-kva.EXAMPLE") != ""


@pytest.mark.parametrize("address", ["", "ada", *PASSED_BY_DJANGO, "a" * 60 + "@" + "b" * 60 + ("." + "c" * 60) * 3])
def test_address_that_no_mail_can_reach_is_undeliverable(address: str) -> None:
    with pytest.raises(UndeliverableAddress):
        deliverable(address)
    assert normalised(address) == ""


def test_address_is_sent_to_in_ascii_and_with_its_own_mailbox_name() -> None:
    assert deliverable("Bob@Bücher.example") == "Bob@xn--bcher-kva.example"
