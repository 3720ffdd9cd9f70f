"""What both apps stand on: time, the entry of a job, and INSERT ... SELECT. Imports nothing of this project."""
