"""A runner of make targets side by side, and the progress that it shows."""
