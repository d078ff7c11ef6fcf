"""The whole contract, asked by schemathesis: ``make fuzz``."""
