"""EventBridge: scheduled events, and a clock that fires them."""
