"""Building blocks of pages: forms, paging, throttling."""
