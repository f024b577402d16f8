"""`pulumi up` starts here. This file only picks the stack program."""

from stacks import shop

shop.declare()
