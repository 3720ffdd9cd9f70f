"""Work that a request causes: queries, hashes and mails that were asked for."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from foundation.mail import AccountMail

LITERAL = re.compile(r"'[^']*'|\b\d+\b")


@dataclass(frozen=True)
class Work:
    """Texts that the visitor reads, and what their making cost."""

    texts: list[str]
    statements: list[str]
    hashes: int
    mails: list[tuple[str, str]]

    def with_texts(self, texts: list[str]) -> "Work":
        """Return the same work with other texts."""
        return replace(self, texts=texts)


def work_of(visit: Callable[[Client], list[str]]) -> Work:
    """Let a new client visit. Mails are asked for and not rendered, as by a backend that stores them."""
    with asked_mails() as mails:
        return replace(stored_work_of(visit), mails=mails)


def stored_work_of(visit: Callable[[Client], list[str]]) -> Work:
    """Let a new client visit, with whatever the backend in use does with its mails."""
    with counted_hashes() as hashes, CaptureQueriesContext(connection) as queries:
        texts = visit(Client())
    written = [LITERAL.sub("?", query["sql"]) for query in queries.captured_queries]
    statements = [statement[:200] for statement in written if "SAVEPOINT" not in statement]
    return Work(texts, statements, len(hashes), [])


@contextmanager
def asked_mails() -> Iterator[list[tuple[str, str]]]:
    """Collect kinds and recipients of the mails that are asked for meanwhile."""
    asked: list[tuple[str, str]] = []

    def ask(mail: AccountMail, fail_silently: bool = False) -> int:
        asked.append((mail.kind.name, mail.to_address))
        return 1

    with patch.object(AccountMail, "send", ask):
        yield asked


@contextmanager
def counted_hashes() -> Iterator[list[str]]:
    """Collect the salts of the passwords that are hashed meanwhile."""
    salts: list[str] = []
    encode = MD5PasswordHasher.encode

    def count_and_encode(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        salts.append(salt)
        return str(encode(hasher, password, salt))

    with patch.object(MD5PasswordHasher, "encode", count_and_encode):
        yield salts
