"""Pages for paying, and for what was paid."""
