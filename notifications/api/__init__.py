"""JSON API of a user's mails and preferences."""
