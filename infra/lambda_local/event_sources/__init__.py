"""SQS event sources of Lambda functions."""
