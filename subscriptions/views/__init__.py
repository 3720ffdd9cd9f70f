"""Pages. A GET changes nothing; the service's errors become pages that say what to do."""
