"""What Lambda passes beside an event, for tests that call a job themselves."""


class Context:
    """An invocation with 1.5 seconds left."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1500
