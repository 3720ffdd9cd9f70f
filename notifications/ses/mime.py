"""The raw form of a mail: a text and an HTML part, 7-bit throughout, with headers that need no more folding.

A relay that converts an 8-bit body, or folds a header anew, breaks the DKIM signature, on which one-click
unsubscription stands: https://www.rfc-editor.org/rfc/rfc8058#section-4
"""

from collections.abc import Mapping
from email.charset import QP, Charset
from email.generator import BytesGenerator
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import Compat32
from email.utils import formataddr
from io import BytesIO

LONGEST_LINE = 78
"""Characters. https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1"""

LONGEST_ENCODED_LINE = 76
"""Characters of a line that has encoded words, each of at most 75. https://www.rfc-editor.org/rfc/rfc2047#section-2"""

QUOTED_PRINTABLE = Charset("utf-8")
QUOTED_PRINTABLE.body_encoding = QP


BOUNDARY = "=_alternative"
"""No quoted-printable text can hold `=_`: https://www.rfc-editor.org/rfc/rfc2045#section-6.7"""


class WrittenOut(Compat32):
    """Policy that writes each header as it is: `text` and `mailbox` have folded it where possible."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return the header as it is sent."""
        return f"{name}: {value}\n".encode("ascii")


def build(headers: Mapping[str, str], plain: str, html: str) -> bytes:
    """Return the message with these headers, whose values are ASCII and folded already.

    An empty HTML part is left out, and an empty text part beside HTML.
    """
    message = MIMEMultipart("alternative", boundary=BOUNDARY)
    for name, value in headers.items():
        message[name] = value
    for subtype, content in (("plain", plain), ("html", html)):
        if content or (subtype == "plain" and not html):
            message.attach(_part(subtype, content))
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=WrittenOut()).flatten(message)
    return buffer.getvalue()


def text(name: str, value: str) -> str:
    """Return the value of a header of free text: as it is if it is ASCII and fits a line, else as encoded words."""
    words = " ".join(value.split())
    fits = words.isascii() and words.isprintable() and len(name) + 2 + len(words) <= LONGEST_LINE
    return words if fits and "=?" not in words else _encoded(name, words)


def mailbox(name: str, display_name: str, address: str) -> str:
    """Return the value of a header that names one mailbox, whose address is ASCII."""
    plain = formataddr((display_name, address)) if display_name.isascii() else ""
    if plain and len(name) + 2 + len(plain) <= LONGEST_LINE:
        return plain
    return f"{_encoded(name, display_name)}\n <{address}>" if display_name else address


def _part(subtype: str, content: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", subtype, charset="utf-8")
    part.set_payload(content, QUOTED_PRINTABLE)
    return part


def _encoded(name: str, value: str) -> str:
    return Header(value, Charset("utf-8"), LONGEST_ENCODED_LINE, header_name=name).encode()
