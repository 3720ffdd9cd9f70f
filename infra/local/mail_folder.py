"""Accepted mails as files."""

from collections.abc import Iterable
from pathlib import Path

from django.utils.text import slugify

from infra.lambda_local.emulator.accepted_mail import AcceptedMail


class MailFolder:
    """Folder with each mail as `NNN-subject.eml`, and an HTML part as `NNN-subject.html`, numbered across runs."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._number = max((int(path.name.partition("-")[0]) for path in directory.glob("*.eml")), default=0)
        self._saved: set[str] = set()

    def save(self, mails: Iterable[AcceptedMail]) -> None:
        """Write the mails that are not written yet."""
        for mail in mails:
            if mail.message_id not in self._saved:
                self._write(mail)
                self._saved.add(mail.message_id)

    def _write(self, mail: AcceptedMail) -> None:
        self._number += 1
        name = f"{self._number:03}-{slugify(mail.message['Subject']) or 'no-subject'}"
        (self._directory / f"{name}.eml").write_bytes(mail.raw)
        if mail.message.get_body(("html",)):
            (self._directory / f"{name}.html").write_text(mail.text("html"), encoding="utf-8")
