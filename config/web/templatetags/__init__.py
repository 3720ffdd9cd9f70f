"""Template tags of the frame of pages."""
