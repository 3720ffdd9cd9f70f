"""Settings, environment, logging and URLs."""
