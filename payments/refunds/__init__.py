"""Refunds: asked for, recorded, and the withdrawal from a contract."""
