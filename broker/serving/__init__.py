"""A process that serves: its ports, its health, its place among other machines."""
