"""Everything the wizard can do, without a screen."""

__version__ = "0.1.0"
