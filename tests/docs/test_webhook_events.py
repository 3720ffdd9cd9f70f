"""docs/howto/take-payments.md lists the events that the provider is to send: those that the adapter reads."""

import re

from payments.providers.stripe.facts import READERS
from tests.docs.markdown import Document

LIST = (
    Document("docs/howto/take-payments.md")
    .text.partition("sends these events:")[2]
    .partition("Others are stored and ignored")[0]
)


def test_howto_lists_the_events_that_the_adapter_reads_and_no_others() -> None:
    assert sorted(re.findall(r"`([a-z_.]+)`", LIST)) == sorted(READERS)
