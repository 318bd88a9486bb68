"""Starts ministack so that the SDK for Rust can read its answers.

ministack writes some truth values of DocumentDB with white space around them. Other SDKs pass over it; the one for Rust
refuses the whole answer.
"""

import re
import sys

from ministack.app import main
from ministack.services import documentdb


def trimmed(write):
    return lambda record: re.sub(r">\s*(true|false)\s*<", r">\1<", write(record))


documentdb._cluster_xml = trimmed(documentdb._cluster_xml)
documentdb._instance_xml = trimmed(documentdb._instance_xml)

if __name__ == "__main__":
    sys.exit(main())
