"""Claims, sending, retries and results of notifications."""
