"""Access to what plans give: membership of groups, and its audit."""
