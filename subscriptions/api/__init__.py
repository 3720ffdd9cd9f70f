"""The JSON API: plans, and the subscriptions of whoever asks."""
