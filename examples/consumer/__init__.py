"""An example to copy: a Lambda function that receives the events. docs/events.md describes them."""
