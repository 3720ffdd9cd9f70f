"""What must never be, and what should be in the end."""

from tests.proofs.protocol.exploration import Exploration
from tests.proofs.protocol.moves import Protocol
from tests.proofs.protocol.state import State


def is_told_twice(state: State) -> bool:
    """SES accepted a second mail."""
    return state.accepted > 1


def is_wrongly_sent(state: State) -> bool:
    """The row says `sent`, and SES accepted nothing."""
    return state.row.state == "sent" and not state.accepted


def is_final(state: State) -> bool:
    """Nobody will touch the row again."""
    return state.row.state == "sent"


def explore(protocol: Protocol) -> tuple[Exploration, State | None]:
    """All states up to the nearest that must never be, and that one."""
    exploration = Exploration(protocol.moves)
    return exploration, exploration.first(lambda state: is_told_twice(state) or is_wrongly_sent(state))
