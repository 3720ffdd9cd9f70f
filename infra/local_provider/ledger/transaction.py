"""Transaction of the ledger: reading and writing objects, telling events, recording money."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local_provider.errors import ChargedTwice, missing
from infra.local_provider.ledger.identifiers import new_identifier
from infra.local_provider.protocol.json_body import Body, shown

LIMIT = 10
MOST = 100


@dataclass(frozen=True)
class Caller:
    """The request that a transaction belongs to; empty for what the provider does by itself.

    `drops_webhooks` is the number of first deliveries per event that do not arrive.
    """

    request: str = ""
    idempotency_key: str = ""
    api_version: str = ""
    drops_webhooks: int = 0


@dataclass(frozen=True)
class Movement:
    """Money that moved, in the currency's smallest unit; negative if it left us."""

    kind: str
    id: str
    payment_intent: str
    amount: int
    currency: str
    metadata: Mapping[str, str]
    moved_at: int


class Transaction:
    """Open transaction. `now` is the provider's time in seconds, the same throughout."""

    def __init__(self, database: sqlite3.Connection, now: int, origin: str, caller: Caller) -> None:
        self._database = database
        self.now = now
        self.origin = origin
        self.caller = caller
        self.events: list[Body] = []

    def insert(self, kind: str, body: Body) -> Body:
        """Store a new object, with `id`, `object` and `created` first. Return it."""
        stored = {"id": new_identifier(kind), "object": kind, "created": self.now} | body
        row = (stored["id"], kind, stored["created"], json.dumps(stored))
        self._database.execute("INSERT INTO objects (id, kind, created, body) VALUES (?, ?, ?, ?)", row)
        return stored

    def save(self, body: Body) -> Body:
        """Store a changed object. Return it."""
        self._database.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))
        return body

    def find(self, identifier: str) -> Body | None:
        """Return the object with this id, of whatever kind."""
        row = self._database.execute("SELECT body FROM objects WHERE id = ?", (identifier,)).fetchone()
        return json.loads(row[0]) if row else None

    def get(self, kind: str, identifier: str, param: str = "id") -> Body:
        """Return the object. Raises Refused if there is none, or if it was deleted."""
        body = self.find(identifier)
        if body is None or body["object"] != kind or body.get("deleted"):
            raise missing(kind.replace(".", "_"), identifier, param)
        return body

    def select(self, kind: str, limit: int = -1, **members: Any) -> list[Body]:
        """Return the objects with these members, the newest first. None stands for any value."""
        wanted = {name: value for name, value in members.items() if value is not None}
        where = "".join(f" AND json_extract(body, '$.{name}') = ?" for name in wanted)
        query = f"SELECT body FROM objects WHERE kind = ?{where} ORDER BY created DESC, sequence DESC LIMIT ?"  # noqa: S608
        rows = self._database.execute(query, (kind, *wanted.values(), limit))
        return [json.loads(body) for (body,) in rows]

    def page(self, kind: str, parameters: Mapping[str, Any], url: str, **members: Any) -> Body:
        """Return one page of a list, as `limit`, `starting_after`, `ending_before` and `created` say."""
        limit = min(max(parameters.get("limit", LIMIT), 1), MOST)
        back = parameters.get("ending_before")
        conditions, values = self._conditions(kind, parameters, members)
        order = "ASC" if back else "DESC"
        query = (
            f"SELECT body FROM objects WHERE {' AND '.join(conditions)} "  # noqa: S608 - our own conditions
            f"ORDER BY created {order}, sequence {order} LIMIT ?"
        )
        found = [json.loads(body) for (body,) in self._database.execute(query, (*values, limit + 1))]
        data = found[:limit][::-1] if back else found[:limit]
        return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}

    def tell(self, kind: str, body: Body) -> None:
        """Record an event about the object as it is now."""
        event = {
            "api_version": self.caller.api_version or None,
            "data": {"object": shown(body)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {
                "id": self.caller.request or None,
                "idempotency_key": self.caller.idempotency_key or None,
            },
            "type": kind,
        }
        self.events.append(self.insert("event", event))

    def move_money(self, kind: str, identifier: str, intent: Body, amount: int) -> None:
        """Record a movement of money. Raises ChargedTwice."""
        metadata = json.dumps(intent["metadata"])
        row = (kind, identifier, intent["id"], amount, intent["currency"], metadata, self.now)
        try:
            self._database.execute(
                "INSERT INTO money (kind, id, payment_intent, amount, currency, metadata, moved_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        except sqlite3.IntegrityError as error:
            raise ChargedTwice(f"{intent['id']} has succeeded before") from error

    def movements(self) -> Iterator[Movement]:
        """Yield every movement of money, the earliest first."""
        columns = "kind, id, payment_intent, amount, currency, metadata, moved_at"
        for row in self._database.execute(f"SELECT {columns} FROM money ORDER BY sequence"):  # noqa: S608 - our own
            kind, identifier, intent, amount, currency, metadata, moved_at = row
            yield Movement(kind, identifier, intent, amount, currency, json.loads(metadata), moved_at)

    def schedule(self, identifier: str, at: int) -> None:
        """Have the object looked at, at this time."""
        self._database.execute("INSERT INTO due (id, at) VALUES (?, ?)", (identifier, at))

    def take_due(self, *, whenever: bool = False) -> list[str]:
        """Remove and return the ids of objects whose time has come, or of all that wait."""
        condition = "" if whenever else f" WHERE at <= {self.now}"
        due = self._database.execute(f"SELECT id FROM due{condition} ORDER BY at, rowid").fetchall()  # noqa: S608
        if due:
            self._database.execute(f"DELETE FROM due{condition}")  # noqa: S608
        return [identifier for (identifier,) in due]

    def stored_answer(self, key: str) -> tuple[str, str, int, str, int] | None:
        """Return endpoint, parameters, status, answer and time of the request with this key."""
        query = "SELECT endpoint, parameters, status, answer, created FROM idempotency_keys WHERE key = ?"
        row: tuple[str, str, int, str, int] | None = self._database.execute(query, (key,)).fetchone()
        return row

    def store_answer(self, key: str, endpoint: str, parameters: str, status: int, answer: str) -> None:
        """Keep the answer to the request with this key."""
        row = (key, endpoint, parameters, status, answer, self.now)
        self._database.execute("INSERT OR REPLACE INTO idempotency_keys VALUES (?, ?, ?, ?, ?, ?)", row)

    def forget_answers(self) -> int:
        """Forget every key. Return their number."""
        return self._database.execute("DELETE FROM idempotency_keys").rowcount

    def _conditions(
        self, kind: str, parameters: Mapping[str, Any], members: Mapping[str, Any]
    ) -> tuple[list[str], list[Any]]:
        conditions, values = ["kind = ?"], [kind]
        for name, value in members.items():
            if isinstance(value, list):
                conditions.append(f"json_extract(body, '$.{name}') IN ({', '.join('?' * len(value))})")
                values.extend(value)
            elif value is not None:
                conditions.append(f"json_extract(body, '$.{name}') = ?")
                values.append(value)
        for bound, value in parameters.get("created", {}).items():
            conditions.append(f"created {BOUNDS[bound]} ?")
            values.append(value)
        for name, compared in (("starting_after", "<"), ("ending_before", ">")):
            if cursor := parameters.get(name):
                self.get(kind, cursor, name)
                conditions.append(f"(created, sequence) {compared} {CURSOR}")
                values.append(cursor)
        return conditions, values


CURSOR = "(SELECT created, sequence FROM objects WHERE id = ?)"
BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
