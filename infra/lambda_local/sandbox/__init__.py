"""A Lambda function on this machine, and what invokes it."""
