"""Events through SNS."""
