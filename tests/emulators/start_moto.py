"""Starts moto so that a filter with several values matches as EC2's does.

EC2 answers with every object of which any element of a list is among the values of a filter. moto asks that all elements
are among them, or all values among the elements: associations of several route tables, of some but not of all subnets,
would look as if they were gone.
"""

import fnmatch
import sys

from moto.ec2 import utils
from moto.server import main

of_one = utils.is_filter_matching


def of_any(obj, name, values):
    if isinstance(values, list) and len(values) > 1:
        held = obj.get_filter_value(name)
        if not isinstance(held, (str, bool, int)) and hasattr(held, "__iter__"):
            return any(fnmatch.fnmatchcase(str(element), value) for element in held for value in values)
    return of_one(obj, name, values)


utils.is_filter_matching = of_any
sys.exit(main(sys.argv[1:]))
