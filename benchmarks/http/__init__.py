"""Requests through the function's handler, beside the bare WSGI call and beside other adapters."""

from benchmarks.http.benchmark import counts, measure

__all__ = ["counts", "measure"]
