"""Pages for signing up and in, and of the account."""
