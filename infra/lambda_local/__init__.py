"""Lambda, API Gateway, EventBridge and an AWS emulator on this machine. Imports nothing of the project."""
