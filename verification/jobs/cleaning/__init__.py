"""Clean copies: what came as a photograph is decoded and encoded again where it can do no harm.

Owns: the zygote that was exec'd before any key was loaded, the limited child it forks for each file, and what
the child may say back. Must not know: tables, tips, who will read the copy. Source: 4-sealing "Clean copies".
"""
