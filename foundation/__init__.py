"""Shared building blocks: clock, job entry points, bulk SQL. Imports nothing else of this project."""
