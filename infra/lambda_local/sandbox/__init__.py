"""Lambda: function processes, their sandboxes, and invocations."""
