"""Webhooks: what a provider tells by itself is verified, stored, and then applied."""
