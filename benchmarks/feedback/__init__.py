"""Cost of an SES event for function and database."""

from benchmarks.feedback.benchmark import counts, measure

__all__ = ["counts", "measure"]
