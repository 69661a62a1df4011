"""Connect a service provider: what it needs of this broker, and how far it has come."""
