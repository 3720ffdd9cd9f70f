"""The channel objects behind the registered names."""

from functools import cache

from django.utils.module_loading import import_string

from notifications import channel_registry
from notifications.channels.delivery_channel import DeliveryChannel
from notifications.errors import UnknownChannel


def get(name: str) -> DeliveryChannel:
    """Return the channel of this name. Raises UnknownChannel if it is not registered."""
    if name not in channel_registry.names():
        raise UnknownChannel(f"no channel {name!r} is registered; registered are {', '.join(channel_registry.names())}")
    return _made(channel_registry.path_of(name))


def find(name: str) -> DeliveryChannel | None:
    """Return the channel of this name, or None if it is no longer registered."""
    return get(name) if name in channel_registry.names() else None


def every() -> list[DeliveryChannel]:
    """Return all registered channels."""
    return [get(name) for name in channel_registry.names()]


@cache
def _made(path: str) -> DeliveryChannel:
    channel: DeliveryChannel = import_string(path)()
    return channel
