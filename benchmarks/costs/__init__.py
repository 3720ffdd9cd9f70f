"""Monthly costs."""
