"""Texts that a client may register and that a careless page would run, break on or show as something else."""

import re

ATTACKS = [
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(2)>',
    "'-alert(3)-'",
    "javascript:alert(4)",
    "</title></style></textarea><script>alert(5)</script>",
    "report\u202egpj.exe\u2066x\u200b",
    "&lt;b&gt; &amp; \"quoted\" 'single' `tick` $(id) ${7*7} {{7*7}}",
    "x" * 1000,
    "שלום.שירות",
    "--yes",
    "-e",
    "../../etc/passwd",
    "#/services?q=1&env=prod",
    "%3Cimg%20src=x%20onerror=alert(6)%3E",
    "line\nbreak\ttab\x1b[31m",
    "a+b c;d=e&f=g?h#i",
    "data:text/html,<script>alert(7)</script>".replace(",", "%2C"),
    "<a href=javascript:alert(8)>x</a>",
    "\\u003cimg src=x onerror=alert(9)\\u003e",
    "]]><!--",
]

# As web/dom.js has it: what cannot be seen is shown by its number.
UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]")


def shown(text):
    """What stands on the page for it."""
    return UNSEEN.sub(lambda m: f"U+{ord(m[0]):04X}", text)
