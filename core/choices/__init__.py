"""Pure: what to offer, what to prefer, why not."""
