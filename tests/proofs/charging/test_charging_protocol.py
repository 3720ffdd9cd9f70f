"""Protocol in every interleaving of two chargers, a subscriber, a death or lost answer, and late or lost requests."""

from dataclasses import fields, replace

import pytest

from tests.proofs.charging.deeds import MONEY, Deed
from tests.proofs.charging.moves import Protocol
from tests.proofs.charging.rules import ALL, Surroundings
from tests.proofs.charging.state import SUBSCRIBER, State
from tests.proofs.charging.verdicts import explore, is_paid_twice, story_of
from tests.proofs.exploration import without_a_way_out

ENOUGH = 100_000
"""Minimum number of states. Fewer would mean that the model lost some moves."""

ALONE = Surroundings(page=False)
AT_ONCE = replace(ALL, no_key_alone=False)
TABLE = [
    ("confirm at once, no key", Protocol(AT_ONCE, replace(ALONE, keys=False)), True),
    ("one key per order, which is never forgotten", Protocol(AT_ONCE, replace(ALONE, forgetful=False)), False),
    ("one key per order, which is forgotten", Protocol(AT_ONCE, ALONE), True),
    ("prepare, store, confirm the stored one", Protocol(ALL, ALONE), False),
    ("the same, with a page beside it", Protocol(replace(ALL, fence=False, close_first=False)), True),
    ("the other way is closed first, without a fence", Protocol(replace(ALL, fence=False)), True),
]
"""Protocols, and whether somebody pays twice under each. The last of section 6 is the whole protocol."""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return Protocol()


@pytest.fixture(scope="module")
def states(protocol: Protocol) -> list[State]:
    """Return all states in which the provider cancels nothing by itself, the nearest first."""
    exploration, wrong = explore(protocol, State(cancels_left=0))
    if wrong is not None:
        pytest.fail(story_of(exploration.way_to(wrong)))
    return list(exploration.came_from)


def test_no_order_is_paid_twice_and_none_is_paid_without_money(states: list[State]) -> None:
    print(f"\n{len(states):,} states, and in none of them is an order paid twice")  # noqa: T201 - for `make chaos-payments`
    assert len(states) > ENOUGH
    assert max(state.paid for state in states) == 1


def test_no_order_is_paid_twice_if_the_provider_cancels_charges_by_itself(protocol: Protocol) -> None:
    prompt = replace(protocol, surroundings=Surroundings(delays=False))
    exploration, wrong = explore(prompt, State())
    assert wrong is None, story_of(exploration.way_to(wrong))
    assert len(exploration.came_from) > ENOUGH


def test_all_that_the_model_knows_does_happen(protocol: Protocol, states: list[State]) -> None:
    deeds = {move.deed for state in states for move in protocol.moves(state)}
    of_other_rules = {Deed.TAKES_NO_WAY, Deed.TAKES_AT_ONCE, Deed.REPEATS, Deed.KEY_IS_FORGOTTEN}
    assert deeds == set(Deed) - of_other_rules - {Deed.GIVES_UP}


@pytest.mark.parametrize("frozen", [0, SUBSCRIBER])
def test_an_order_can_still_be_paid_if_one_charger_or_the_subscriber_is_gone_for_ever(
    frozen: int,
) -> None:
    protocol = Protocol(surroundings=Surroundings(delays=False))
    states = explore(protocol, State(cancels_left=0))[0].came_from
    assert not without_a_way_out(
        states, lambda state: (move.state for move in protocol.moves(state, frozen)), lambda state: state.row.paid
    )


@pytest.mark.parametrize(("name", "protocol", "pays_twice"), TABLE, ids=[name for name, _, _ in TABLE])
def test_simpler_protocols_behave_as_the_design_says(name: str, protocol: Protocol, *, pays_twice: bool) -> None:
    exploration, wrong = explore(protocol, State())
    print(f"\n{name}: {len(exploration.came_from):,} states")  # noqa: T201 - for `make chaos-payments`
    assert (wrong is not None and is_paid_twice(wrong)) == pays_twice


@pytest.mark.parametrize("rule", [field.name for field in fields(ALL)])
def test_without_any_one_of_its_rules_somebody_pays_twice(protocol: Protocol, rule: str) -> None:
    exploration, wrong = explore(replace(protocol, rules=replace(ALL, **{rule: False})), State())
    assert wrong is not None, f"the protocol does not need {rule}"
    way = exploration.way_to(wrong)
    print(f"\nwithout {rule}:", story_of(way), sep="\n")  # noqa: T201 - for `make chaos-payments`
    assert is_paid_twice(wrong)
    assert way[-1].deed in MONEY
    assert sum(move.deed in MONEY for move in way) == 2
