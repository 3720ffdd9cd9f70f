"""History of each outbox row, recorded by the database itself."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection

TRIGGER = """
CREATE TABLE chaos_audit (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    notification_id bigint NOT NULL, was text, is_now text NOT NULL, is_final boolean NOT NULL, error text NOT NULL
);
CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_audit (notification_id, was, is_now, is_final, error)
    VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.state END, NEW.state, NEW.finished_at IS NOT NULL, NEW.error);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON notifications_notification
    FOR EACH ROW EXECUTE FUNCTION chaos_note();
"""


def install() -> None:
    """Install the triggers that record it."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGER)


def ambiguous_answers() -> Counter[int]:
    """Return the number of ambiguous attempts per row: transitions from `sending` to `unknown`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT notification_id, count(*) FROM chaos_audit WHERE was = 'sending' AND is_now = 'unknown' GROUP BY 1"
        )
        return Counter(dict(cursor.fetchall()))


def history_of(notification: int) -> Iterator[str]:
    """Yield a line per change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, was, is_now, is_final, error FROM chaos_audit WHERE notification_id = %s ORDER BY id",
            [notification],
        )
        for at, was, is_now, is_final, error in cursor.fetchall():
            yield f"  {at:%H:%M:%S.%f}  {was or '-':10} -> {is_now}{', final' if is_final else ''}  {error}"
