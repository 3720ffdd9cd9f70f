"""Clients of AWS, and what their errors mean."""
