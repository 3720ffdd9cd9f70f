"""A whole deployment to the local AWS, from nothing to nothing."""
