"""The rows of the transition table, a file for each part of a lead's way. Source: 2-domain §2, §2a, §3."""
