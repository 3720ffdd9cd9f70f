"""Complete deployment to the local AWS, from an empty account and back."""
