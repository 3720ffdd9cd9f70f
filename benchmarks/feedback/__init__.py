"""What an event of SES takes of the function and of the database."""

from benchmarks.feedback.benchmark import counts, measure

__all__ = ["counts", "measure"]
