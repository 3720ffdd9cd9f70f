"""Programs of this repository: `make run`, translations, PostgreSQL."""
