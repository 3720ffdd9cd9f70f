"""What all endpoints of the JSON API share, whatever they are about."""
