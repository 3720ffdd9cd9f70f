"""Example to copy: a Lambda function that receives the events described in docs/events.md."""
