"""The function's entry: handler, admission rules, secrets, HTTP events."""
