"""The sandbox, asked over loopback by clients that know nothing of it."""
