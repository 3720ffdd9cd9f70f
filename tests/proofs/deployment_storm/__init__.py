"""Random deployments of a stage: failures, kills, manual changes, and the invariants after each step."""
