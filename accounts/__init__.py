"""User model, sign-up and sign-in, API tokens; replaceable as a whole."""
