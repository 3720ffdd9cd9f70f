"""The JSON API: what somebody was told, and what they want to be told."""
