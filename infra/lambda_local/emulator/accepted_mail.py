"""A mail that the local SES accepted."""

from dataclasses import dataclass
from email.message import EmailMessage

from infra.lambda_local.errors import MissingPart


@dataclass(frozen=True)
class AcceptedMail:
    """A mail that SES accepted."""

    message_id: str
    recipients: list[str]
    raw: bytes
    message: EmailMessage

    def text(self, subtype: str) -> str:
        """Return the part `plain` or `html`. Raises MissingPart if the mail has none."""
        part = self.message.get_body((subtype,))
        if part is None:
            raise MissingPart(f"mail {self.message_id} has no {subtype} part")
        content: str = part.get_content()
        return content
