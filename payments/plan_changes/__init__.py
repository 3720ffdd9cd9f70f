"""Changes of plan: the value that is left of a period, and what is to be paid for another one."""
