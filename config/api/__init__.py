"""The API's settings, schema and documentation."""
