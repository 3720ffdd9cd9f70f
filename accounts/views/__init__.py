"""Pages for signing up and in."""
