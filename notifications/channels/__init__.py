"""The channels that notifications go through."""
