"""The public side: everything up to a sealed tip, and the small kernel both sides stand on.

Must not know: anything of the ``verification`` package. It holds public keys only.
"""
