"""Moves in words."""

from enum import Enum
from typing import NamedTuple

from tests.proofs.charging.state import NONE, State

NAMES = ("charger A", "charger B", "the subscriber")


class Deed(Enum):
    """Move without its result."""

    ASKS = "{name} asks what became of the reference"
    CLOSES = "{name} closes the other way at the provider"
    TAKES_THE_WAY = "{name} takes the way by an UPDATE that names what was seen, and opens an object"
    TAKES_NO_WAY = "{name} takes no way, and opens an object"
    LOSES_THE_WAY = "{name} finds that the order has changed"
    OPENS = "{name} opens an object at the provider"
    STORES = "{name} stores its reference"
    STORES_NOTHING = "{name} finds that another reference is stored, and ends"
    SUBMITS = "{name} notes the intent, and confirms"
    MAY_NOT_SUBMIT = "{name} may not confirm any more"
    TAKES_AT_ONCE = "{name} takes the money at once"
    GETS_NO_ANSWER = "{name} gets no answer"
    REPLACES = "{name} drops the reference, and opens another"
    RECORDS = "{name} records the payment"
    SHOWS = "{name} is shown the page"
    ENDS = "{name} ends"
    IS_KILLED = "{name} is killed"
    OBJECT_OPENS = "the provider opens the object"
    MONEY_MOVES = "the provider takes the money"
    DECLINES = "the provider declines"
    IS_PENDING = "the provider says that the money is on its way"
    ANSWERS = "the provider answers"
    GIVES_UP = "the provider cancels after too many tries"
    REPEATS = "the provider repeats the answer of the key"
    REQUEST_IS_LOST = "the request is lost"
    KEY_IS_FORGOTTEN = "the provider forgets the key"
    SUBSCRIBER_PAYS = "the subscriber pays on the page"
    PAGE_EXPIRES = "the page expires"
    MONEY_ARRIVES = "the money that was on its way arrives"
    MONEY_FAILS = "the money that was on its way does not arrive"
    WEBHOOK_ARRIVES = "a webhook reports the payment"


MONEY = {Deed.MONEY_MOVES, Deed.SUBSCRIBER_PAYS, Deed.MONEY_ARRIVES}
"""Deeds that move money."""


class Move(NamedTuple):
    """Deed with its actor and the resulting state."""

    deed: Deed
    state: State
    actor: int = NONE

    def __str__(self) -> str:
        return self.deed.value.format(name=NAMES[self.actor])
