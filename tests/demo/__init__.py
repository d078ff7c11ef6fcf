"""A try of the whole product on one machine, without a Telegram account: ``make demo``."""
