-- For a database that was restored to an earlier moment, before the function is pointed to it (docs/runbook.md, "Restoring").
-- One statement, because the Data API takes no more.
DO $$
DECLARE
    sequence text;
BEGIN
    -- What waited at that moment has been sent since, as far as anybody knows. Events go out again: their receivers know
    -- them by their ids.
    UPDATE notifications_notification
    SET state = 'unknown', finished_at = now(), lease_token = NULL, lease_until = NULL,
        error = 'may have been sent after the moment of the backup'
    WHERE finished_at IS NULL AND channel = 'ses';

    -- Receivers of events and SES's feedback know ids that were given after it; none of them may come to mean something else.
    FOR sequence IN
        SELECT pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name)
        FROM information_schema.columns
        WHERE is_identity = 'YES' AND table_schema = current_schema()
    LOOP
        PERFORM setval(sequence, nextval(sequence) + 1000000);
    END LOOP;
END $$
