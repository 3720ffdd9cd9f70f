"""Protocol in every interleaving of two workers, two crashes, lost responses and late confirmations."""

from dataclasses import fields, replace

import pytest

from tests.proofs.exploration import without_a_way_out
from tests.proofs.protocol.deeds import ACCEPTANCES, Deed
from tests.proofs.protocol.moves import Protocol
from tests.proofs.protocol.rules import ALL
from tests.proofs.protocol.state import State
from tests.proofs.protocol.story import story_of
from tests.proofs.protocol.timing import Timing
from tests.proofs.protocol.verdicts import explore, is_final, is_told_twice

ENOUGH = 40_000
"""Minimum number of states. Fewer would mean that the model lost some moves."""


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return Protocol(Timing.of_the_code())


@pytest.fixture(scope="module")
def states(protocol: Protocol) -> list[State]:
    """Return all states, the nearest first."""
    exploration, wrong = explore(protocol)
    if wrong is not None:
        pytest.fail("\n".join(story_of(exploration.way_to(wrong), protocol.timing.tick)))
    return list(exploration.came_from)


def test_durations_of_the_code_satisfy_their_constraints() -> None:
    timing = Timing.of_the_code()
    assert timing.network <= timing.calls < timing.lease
    assert timing.network + timing.confirmation < timing.grace
    assert timing.confirmation > 0


def test_no_mail_is_sent_twice_and_no_unsent_one_is_marked_sent(states: list[State]) -> None:
    print(f"\n{len(states):,} states, and in none of them is anybody told twice")  # noqa: T201 - for `make chaos`
    assert len(states) > ENOUGH
    assert max(state.accepted for state in states) == 1


def test_all_that_the_model_knows_does_happen(protocol: Protocol, states: list[State]) -> None:
    deeds = {move.deed for state in states for move in protocol.moves(state)}
    assert deeds == set(Deed) - {Deed.SKIPS_INTENT, Deed.CALLS_AGAIN}


@pytest.mark.parametrize("frozen", [0, 1])
def test_a_mail_gets_there_in_the_end_even_if_one_deliverer_is_frozen_for_ever(
    protocol: Protocol, states: list[State], frozen: int
) -> None:
    assert not without_a_way_out(
        states, lambda state: (move.state for move in protocol.moves(state, frozen=frozen)), is_final
    )


def test_a_row_that_nobody_can_bring_to_an_end_is_noticed(protocol: Protocol, states: list[State]) -> None:
    """The check itself works: with both workers suspended nothing is started."""
    alone = without_a_way_out(
        states, lambda state: (move.state for move in protocol.moves(state, frozen=0) if move.worker != 1), is_final
    )
    assert State() in alone


@pytest.mark.parametrize("rule", [field.name for field in fields(ALL)])
def test_without_any_one_of_its_rules_somebody_is_told_twice(protocol: Protocol, rule: str) -> None:
    exploration, wrong = explore(replace(protocol, rules=replace(ALL, **{rule: False})))
    assert wrong is not None, f"the protocol does not need {rule}"
    way = exploration.way_to(wrong)
    print(f"\nwithout {rule}:", *story_of(way, protocol.timing.tick), sep="\n")  # noqa: T201 - for `make chaos`
    assert is_told_twice(wrong)
    assert way[-1].deed in ACCEPTANCES
    assert sum(move.deed in ACCEPTANCES for move in way) == 2
