"""What Django's ORM lacks: bulk SQL, locks, keys and timestamps."""
