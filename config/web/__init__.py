"""Middleware, throttling, static files, sessions, base templates and error pages."""
