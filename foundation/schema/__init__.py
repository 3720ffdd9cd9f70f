"""Migrations that are safe while the release before runs."""
