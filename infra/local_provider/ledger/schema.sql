CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    created INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS newest ON objects (kind, created, sequence);
CREATE INDEX IF NOT EXISTS by_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS by_customer ON objects (kind, json_extract(body, '$.customer'));

CREATE TABLE IF NOT EXISTS money (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payment_intent TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    metadata TEXT NOT NULL,
    moved_at INTEGER NOT NULL
);
-- At most one charge of an intent succeeds.
CREATE UNIQUE INDEX IF NOT EXISTS one_success ON money (payment_intent) WHERE kind = 'success';

CREATE TABLE IF NOT EXISTS due (id TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS due_first ON due (at);

CREATE TABLE IF NOT EXISTS idempotency_keys (
    key TEXT PRIMARY KEY,
    endpoint TEXT NOT NULL,
    parameters TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    created INTEGER NOT NULL
);
