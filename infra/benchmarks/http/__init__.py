"""Requests through the function's handler, beside the bare WSGI call and beside other adapters."""

from infra.benchmarks.http.benchmark import counts, measure

__all__ = ["counts", "measure"]
