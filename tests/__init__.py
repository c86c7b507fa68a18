"""The tests: folders mirror the packages, beside ``contract/ e2e/ vectors/ bench/`` and ``support/``."""
