"""API Gateway: HTTP requests as Lambda events, and results as HTTP responses."""
