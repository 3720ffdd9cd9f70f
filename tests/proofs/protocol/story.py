"""Description of a path for people."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, groupby

from tests.proofs.protocol.deeds import Deed, Move


def story_of(way: Iterable[Move], tick: timedelta) -> Iterator[str]:
    """Yield a line per step of a path: number, move and resulting row."""
    yield f"{'':4} {'the transition commits':52} pending"
    groups = groupby(way, key=lambda move: move.deed is Deed.TIME_PASSES)
    steps = chain.from_iterable(_steps(list(moves), tick) for _, moves in groups)
    for number, (text, move) in enumerate(steps, 1):
        yield f"{number:4} {text:52} {move.state.row.state}"


def _steps(moves: list[Move], tick: timedelta) -> list[tuple[str, Move]]:
    """Combine consecutive ticks into one step."""
    if moves[-1].deed is Deed.TIME_PASSES:
        return [(f"{moves[-1]}: {len(moves) * tick}", moves[-1])]
    return [(str(move), move) for move in moves]
