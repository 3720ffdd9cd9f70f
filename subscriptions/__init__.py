"""Signals, services, sweep, recording and jobs."""
