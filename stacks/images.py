"""Images from the environment: what set-up built on a machine that cannot pull."""

import os

from components import ImageArgs


def configured_images() -> ImageArgs:
    """Return the images named by ``LEASEHOLD_IMAGE_DATABASE``, ``_BROKER`` and ``_DOOR``, where they are set."""
    images: ImageArgs = {}
    if database := os.environ.get("LEASEHOLD_IMAGE_DATABASE"):
        images["database"] = database
    if broker := os.environ.get("LEASEHOLD_IMAGE_BROKER"):
        images["broker"] = broker
    if gateway := os.environ.get("LEASEHOLD_IMAGE_GATEWAY"):
        images["gateway"] = gateway
    return images
