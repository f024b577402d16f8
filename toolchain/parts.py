"""Everything a machine needs, in the order in which it is put in place."""

from functools import partial

from . import browser, engine, images, other_engines, pulumi_command
from .findings import Part
from .processes import has_services, is_debian_root
from .versions import PLUGINS

_OTHER_ENGINES = {
    other_engines.SSH_SERVER: "is the way to another engine",
    other_engines.PODMAN: "is another engine",
}


def parts() -> list[Part]:
    """Return the parts; later ones need the earlier ones."""
    return [
        Part(
            "Docker Engine",
            "runs the containers of every run",
            "installs or starts Debian's",
            engine.find,
            engine.provide,
        ),
        Part(
            "Pulumi",
            "creates and destroys runs",
            "downloads it, or builds it (4 min)",
            pulumi_command.find,
            pulumi_command.provide,
        ),
        *(
            Part(
                f"{name} plugin",
                f"is Pulumi's provider for {name}",
                "downloads it, or builds it (1 min)",
                partial(pulumi_command.find_plugin, name),
                partial(pulumi_command.provide_plugin, name),
            )
            for name in PLUGINS
        ),
        *(
            Part(
                f"{image.name} image",
                f"is the {image.name} of every run" if image.name != "probe" else "looks at a run's network in tests",
                "pulls it, or builds it (20 s)",
                partial(images.find, image),
                partial(images.provide, image),
            )
            for image in images.IMAGES
        ),
        *(
            Part(
                f"{image.name} image",
                "is another database for runs of the tests",
                "pulls it, or builds it (20 s)",
                partial(images.find, image),
                partial(images.provide, image),
                for_tests=True,
            )
            for image in images.FOR_TESTS
        ),
        Part(
            "browser",
            "opens the report page in tests",
            "installs Debian's (30 s)",
            browser.find,
            browser.provide,
            for_tests=True,
        ),
        # Elsewhere the tests that need them skip, as they do for anybody but root.
        *(
            Part(
                program.name,
                f"{why} in tests",
                "installs Debian's (20 s)",
                program.find,
                program.provide,
                for_tests=True,
            )
            for program, why in _OTHER_ENGINES.items()
            if is_debian_root() and not has_services()
        ),
    ]
