"""What service providers bring: metadata and service catalogues, from files, addresses and testers."""
