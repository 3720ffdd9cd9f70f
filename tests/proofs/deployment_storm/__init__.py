"""Random deployments of a stage: what fails, what is killed, what people do by hand, and what must hold after each."""
