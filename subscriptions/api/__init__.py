"""The JSON API: plans, and the caller's subscriptions."""
