"""Audits that need node: Lighthouse over the public pages, linters over the description of the API."""
