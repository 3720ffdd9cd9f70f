"""Scheduled event and context, for tests that call a job directly."""

SCHEDULED = {"detail-type": "Scheduled Event", "source": "aws.events"}


class Context:
    """Context of an invocation with 1.5 seconds left."""

    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 1500
