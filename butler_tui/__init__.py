"""Butler: a personal assistant for the terminal that shows what will happen before it happens."""

__version__ = "0.1.0"
