"""API Gateway's part: HTTP requests to events, answers to HTTP."""
