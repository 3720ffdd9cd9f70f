"""Gate in every interleaving of two writers, two ticks, deaths, a lost answer and time."""

from dataclasses import fields, replace

import pytest

from tests.proofs.exploration import without_a_way_out
from tests.proofs.gate.deeds import Deed
from tests.proofs.gate.moves import Protocol, relevant
from tests.proofs.gate.rules import ALL
from tests.proofs.gate.state import CEILING, State
from tests.proofs.gate.verdicts import exploration_of, is_closed, is_closed_over_a_row, is_overslept, story_of

ENOUGH = 100_000
"""Minimum number of states. Fewer would mean that the model lost some moves."""

WEAKENINGS = [field.name for field in fields(ALL)]


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return Protocol()


@pytest.fixture(scope="module")
def states(protocol: Protocol) -> list[State]:
    """Return all states, the nearest first."""
    exploration = exploration_of(protocol, State())
    wrong = exploration.first(lambda state: is_closed_over_a_row(state) or is_overslept(state))
    if wrong is not None:
        pytest.fail(story_of(exploration.way_to(wrong)))
    return list(exploration.came_from)


def test_gate_is_never_closed_over_a_row_and_no_tick_sleeps_while_one_is_due(states: list[State]) -> None:
    print(f"\n{len(states):,} states, and in none of them is the gate closed over a row")  # noqa: T201 - the figure
    assert len(states) > ENOUGH


def test_all_that_the_model_knows_does_happen(protocol: Protocol, states: list[State]) -> None:
    deeds = {move.deed for state in states for move in protocol.moves(state)}
    assert deeds == set(Deed) - {Deed.UNLOCKS}  # a writer gives the lock back by ending
    assert {state.item.marker for state in states} == {0, 1, 2, CEILING}


def test_gate_can_always_close_once_all_writers_have_ended(protocol: Protocol, states: list[State]) -> None:
    ended = [state for state in states if all(writer.ended for writer in state.writers)]
    assert ended
    assert not without_a_way_out(
        ended, lambda state: (relevant(move.state, ALL) for move in protocol.moves(state)), is_closed
    )


def test_writer_that_never_ends_keeps_the_gate_open_and_nothing_waits_for_it(
    protocol: Protocol, states: list[State]
) -> None:
    held = [state for state in states if state.writers[0].locked and not is_closed(state)]
    assert not without_a_way_out(
        held,
        lambda state: (relevant(move.state, ALL) for move in protocol.moves(state, frozen=0)),
        lambda state: not any(row.due <= state.now for row in state.rows),
    )


def test_there_are_twelve_rules() -> None:
    assert len(WEAKENINGS) == 12


@pytest.mark.parametrize("rule", WEAKENINGS)
def test_without_any_one_of_its_rules_a_tick_oversleeps(rule: str) -> None:
    exploration = exploration_of(Protocol(replace(ALL, **{rule: False})), State())
    wrong = exploration.first(is_overslept)
    assert wrong is not None, f"the protocol does not need {rule}"
    way = exploration.way_to(wrong)
    print(f"\nwithout {rule}:", story_of(way), sep="\n")  # noqa: T201 - the shortest story
    assert way[-1].deed in {Deed.SLEEPS, Deed.GETS_NO_ANSWER}
