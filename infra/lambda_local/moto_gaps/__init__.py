"""Overrides of moto where it differs from AWS."""
