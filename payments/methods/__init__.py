"""Payment methods: those that are charged, and what the provider reports of them."""
