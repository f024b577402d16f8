from importlib.metadata import version

import pytest

from toolchain.versions import PLUGINS, go_pin, parse, plugin_pin, pulumi_pin


@pytest.mark.parametrize(
    ("text", "numbers"), [("v3.259.0", (3, 259, 0)), ("go1.26.8", (1, 26, 8)), ("3.9-dev+5", (3, 9)), ("none", ())]
)
def test_versions_compare_as_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert parse(text) == numbers


def test_pins_are_read_from_go_mod() -> None:
    text = "module x\n\ngo 1.25.11\n\nrequire (\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.1.2\n)\n"
    assert (pulumi_pin(text), go_pin(text)) == ("3.1.2", "1.25.11")
    with pytest.raises(LookupError):
        pulumi_pin("module x\n")


def test_the_python_sdk_and_the_engine_have_the_same_version() -> None:
    assert version("pulumi") == pulumi_pin()


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_has_its_sdks_version(name: str) -> None:
    assert plugin_pin(name) == version(f"pulumi-{name}")
