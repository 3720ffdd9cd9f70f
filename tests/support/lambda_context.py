"""A scheduled event and its context, for tests that call a job themselves."""

SCHEDULED = {"detail-type": "Scheduled Event", "source": "aws.events"}


class Context:
    """An invocation with 1.5 seconds left."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1500
