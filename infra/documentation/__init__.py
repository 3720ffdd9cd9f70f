"""Documents that are made from the code: docs/reference, .env.example, docs/pictures."""
