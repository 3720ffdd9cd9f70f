"""A mail as it is sent, or shown to operators."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mail:
    """The parts of a mail, rendered. One of text and HTML may be empty."""

    recipient: str
    """The bare address: a display name with a comma in it would be read as two recipients."""
    subject: str
    text: str
    html: str
    unsubscribe_url: str = ""
    """Link to turn this kind of mail off; empty for a receipt."""
    reply_to: str = ""
    """Bare address for answers; empty for the sender's."""
