"""Pages that a customer sees: paying, authenticating, receipts."""
