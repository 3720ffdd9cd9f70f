"""Deploying, with Zappa and CloudFormation, here and on a real account."""
