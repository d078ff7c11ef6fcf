"""The contract as a page for people: made from ``openapi.yaml`` and the error classes, without a script."""
