"""Stack programs: each puts components together into what one `pulumi up` creates."""
