"""The pages. A GET changes nothing; what the service refuses becomes a page that says what to do."""
