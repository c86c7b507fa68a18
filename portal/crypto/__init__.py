"""Sealing: the written format and the code that follows it.

Owns every byte that is sealed, signed or derived; composes the primitives of ``cryptography``, writes none.
Must not know: the database, the web, files on disk, the clock, who may open what. Source: FORMAT.md.
"""
