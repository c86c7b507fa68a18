"""The public pages: requests in, answers out. HTTP status is chosen here and nowhere else on this side."""
