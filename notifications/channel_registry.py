"""Names of the channels, registered in `ready()`. The objects behind them are imported when something is delivered.

    channel_registry.register("sms", "SMS", "texting.channel.SmsChannel")

Every event is recorded for every registered channel from then on; the next `migrate` creates the channel's status.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Registration:
    """A channel's label for operators, and the dotted path of its class."""

    label: str
    path: str
    tells_of_payments: bool


_registrations: dict[str, Registration] = {}


def register(name: str, label: str, path: str, *, tells_of_payments: bool = False) -> None:
    """Add a channel. `name` is stored on each notification, `path` leads to a DeliveryChannel.

    One that `tells_of_payments` gets the events of payments too, and says in `related_to_payments` what it reads.
    """
    _registrations[name] = Registration(label, path, tells_of_payments)


def names() -> list[str]:
    """Return the names of the registered channels, in the order of registration."""
    return list(_registrations)


def names_telling_of_payments() -> list[str]:
    """Return the names of the channels that get the events of payments."""
    return [name for name, registration in _registrations.items() if registration.tells_of_payments]


def choices() -> list[tuple[str, str]]:
    """Return names and labels, as a field's choices."""
    return [(name, registration.label) for name, registration in _registrations.items()]


def label_of(name: str) -> str:
    """Return the label of a channel, or the name itself if it is not registered."""
    return _registrations[name].label if name in _registrations else name


def path_of(name: str) -> str:
    """Return the dotted path of the channel's class. Raises KeyError if it is not registered."""
    return _registrations[name].path
