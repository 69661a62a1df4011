"""TLS: the certificate that the broker shows, how cheroot speaks it, and which certificate a client showed."""
