"""What both apps stand on: time, the entry of a job, and what the ORM lacks. Imports nothing of this project."""
