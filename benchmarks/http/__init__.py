"""Requests through the function's handler, compared with the bare WSGI call and with other adapters."""

from benchmarks.http.benchmark import counts, measure

__all__ = ["counts", "measure"]
