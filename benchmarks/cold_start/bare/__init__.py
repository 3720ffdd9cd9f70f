"""The limit: a Django of one page, with users and a database, and nothing else. It becomes a project of its own."""
