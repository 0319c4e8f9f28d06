"""Programs: graphs compiled to steps, slots and checks."""
