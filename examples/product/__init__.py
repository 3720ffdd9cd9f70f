"""Example of a team's app: monthly reports for subscribers, on top of the service and without a changed line in it."""
