"""Entry points of scheduled jobs and SQS batches, and metrics."""
