"""Lists: pages, filters, events of the last 30 days."""

import stripe

from tests.infra.local_provider.conftest import Control, Shop


def test_pages_join_to_the_whole_list_newest_first(api: stripe.V1Services) -> None:
    made = [api.payment_intents.create({"amount": 990, "currency": "eur"}).id for _ in range(7)]
    pages = api.payment_intents.list({"limit": 3})
    assert (len(pages.data), pages.has_more) == (3, True)
    assert [intent.id for intent in pages.auto_paging_iter()] == made[::-1]


def test_page_before_another(api: stripe.V1Services) -> None:
    made = [api.payment_intents.create({"amount": 990, "currency": "eur"}).id for _ in range(4)]
    before = api.payment_intents.list({"ending_before": made[0], "limit": 2})
    assert ([intent.id for intent in before.data], before.has_more) == ([made[2], made[1]], True)


def test_list_since_an_instant(api: stripe.V1Services, control: Control) -> None:
    api.payment_intents.create({"amount": 990, "currency": "eur"})
    since = control("clock", advance=3_600)["now"]
    late = api.payment_intents.create({"amount": 990, "currency": "eur"})
    assert [intent.id for intent in api.payment_intents.list({"created": {"gte": since}}).data] == [late.id]


def test_events_are_listed_by_type_for_30_days(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    intent = shop.paid()
    kinds = ["payment_intent.succeeded", "payment_intent.created"]
    found = api.events.list({"types": kinds}).data
    assert [event.type for event in found] == kinds
    assert {event.data.object["id"] for event in found} == {intent.id}
    control("clock", advance=31 * 86_400)
    assert api.events.list({"types": kinds}).data == []


def test_sessions_are_listed_by_their_intent(api: stripe.V1Services, shop: Shop) -> None:
    session = shop.checkout()
    assert api.checkout.sessions.list({"status": "open"}).data[0].id == session.id
    assert api.checkout.sessions.list({"payment_intent": "pi_none"}).data == []
