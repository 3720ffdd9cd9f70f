"""Receivers, reminders, preferences, metrics and jobs."""
