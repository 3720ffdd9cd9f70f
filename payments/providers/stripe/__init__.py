"""Stripe, through its official SDK. Only the modules that call it import the SDK, and only `adapter` imports those."""
