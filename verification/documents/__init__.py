"""Official documents: templates, the sheet they are set from, the writers, and the register of numbers.

Stands between the pages and the verbs. Must not know: requests, HTML. Source: issue 4 "Official documents".
"""
