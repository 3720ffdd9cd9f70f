"""The pages for signing up and in."""
