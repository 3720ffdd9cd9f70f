"""Code to copy: a consumer of events, a product on top of this project."""
