"""Cards and charts of the operators' dashboard, which apps register."""
