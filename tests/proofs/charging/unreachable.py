"""States without what nobody can reach any more, so that states that differ only in that are the same."""

from tests.proofs.charging.state import NONE, Kept, State, Status


def without_the_unreachable(state: State) -> State:
    """Return the state without the objects that nobody knows and that take no money by themselves."""
    if state.row.paid:
        state = state._replace(row=state.row._replace(unknown=False, holder=NONE))
    known = {state.row.reference, *(actor.reference for actor in state.actors)}
    known |= {request.reference for request in state.requests}
    left = [number for number, kept in enumerate(state.kept) if number in known or _may_take_money(kept)]
    if len(left) == len(state.kept):
        return state
    names = {number: index for index, number in enumerate(left)} | {NONE: NONE}
    return state._replace(
        row=state.row._replace(reference=names[state.row.reference]),
        actors=tuple(actor._replace(reference=names[actor.reference]) for actor in state.actors),
        requests=tuple(sorted(request._replace(reference=names[request.reference]) for request in state.requests)),
        kept=tuple(state.kept[number] for number in left),
    )


def _may_take_money(kept: Kept) -> bool:
    """Return True of money on its way, of a page that the subscriber has, and of a key that repeats its answer."""
    return kept.status is Status.PENDING or (kept.shown and kept.status is Status.OPEN) or kept.keyed
