"""Money that came in: recorded once, as exactly one period or a surplus."""
