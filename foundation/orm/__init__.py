"""Extensions of Django's ORM: bulk SQL, locks, keys and timestamps."""
