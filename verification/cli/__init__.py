"""Commands for whoever looks after an installation: ``python -m verification.cli COMMAND``.

Each command is a module with ``add_arguments`` and ``main``; ``__main__`` lists them.
"""
