"""Lower limit: a Django project of one page with users and a database. Copied into a project of its own."""
