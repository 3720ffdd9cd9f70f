"""Lambda, API Gateway, EventBridge and their kin on this machine."""
