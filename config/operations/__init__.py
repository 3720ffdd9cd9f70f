"""Health probes, dashboard, retention and nightly jobs."""
