"""Serves the components to Pulumi programs in any language: `pulumi package add` starts this folder."""

import sys
from importlib import import_module
from pathlib import Path

from pulumi.provider.experimental import component_provider_host

# Started as a folder, it is no package; by its name in the folder above it is one.
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

if __name__ == "__main__":
    vars(import_module(f"{FOLDER.name}.certificates.authority_file"))["IN_PROGRAM"] = False
    component_provider_host(name="leasehold", components=[import_module(FOLDER.name).Environment])
