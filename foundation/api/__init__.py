"""Building blocks of all JSON API endpoints."""
