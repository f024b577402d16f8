"""Two machines tell a project's files alike, wherever they have it."""

import shutil
from pathlib import Path

import pytest

from leasehold.inputs import ProgramInputs, digest
from leasehold.pool import recipe
from leasehold.pool.recipe import Recipe
from leasehold.pool.shared.checkout import checkout_of


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a project folder beside its tests."""
    made = tmp_path / "one" / "repository"
    for name in ("infra/Pulumi.yaml", "infra/__main__.py", "tests/pytest.ini", "tests/program.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    return made


def test_a_checkout_holds_the_tests_and_the_program(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checkout_of(project / "tests", str(project / "infra")) == project
    assert checkout_of(project, str(project)) == project
    monkeypatch.syspath_prepend(str(project / "tests"))
    assert checkout_of(project / "tests", "program:declare") == project / "tests"
    assert checkout_of(project, "program:declare") == project


@pytest.mark.parametrize("program", ["/elsewhere", "no_such_module_here:f", "pytest:f", "sys:f", ".:f"])
def test_a_program_that_is_in_no_checkout_leaves_the_tests_root(project: Path, program: str) -> None:
    assert checkout_of(project, program) == project


def _recipe(checkout: Path, migrations: str = "migrations") -> Recipe:
    prepared = {"migrations": str(checkout / migrations), "migration_files": ("a", "b")}
    return Recipe(str(checkout / "infra"), str(checkout / "tests"), 600, prepared)


def test_a_recipe_is_the_same_in_every_checkout(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "two"
    assert _recipe(project).shared_key(project) == _recipe(other).shared_key(other)
    assert _recipe(project).shared_key(project) != _recipe(project, "others").shared_key(project)
    assert _recipe(project).shared_key(project) != _recipe(project).shared_key(other)


@pytest.mark.parametrize("what", ["content", "_version"])
def test_another_version_is_another_recipe(project: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _recipe(project).shared_key(project)
    monkeypatch.setattr(recipe, what, lambda *_: "another")
    assert _recipe(project).shared_key(project) != before


def test_the_content_of_our_files_counts_and_not_when_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "leasehold"
    shutil.copytree(Path(recipe.__file__).parents[1], copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(recipe, "__file__", str(copy / "pool" / "recipe.py"))
    before = recipe.content()
    (copy / "clock.py").touch()
    assert recipe.content() == before
    (copy / "clock.py").write_text("")
    assert recipe.content() != before


def test_files_are_compared_by_their_place_in_the_checkout(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("1")
    files = (str(project / "infra/__main__.py"), str(project / "infra"), str(outside))
    told = ProgramInputs(files, digest(Path("/"), map(Path, files))).below(project)
    assert told.files == ("infra/__main__.py", "infra", str(outside))
    for copy in (tmp_path / "zz" / "copy", tmp_path / "0" / "copy"):  # before and behind the file outside, by name
        shutil.copytree(project, copy)
        assert told.changed(copy) == ""
        (copy / "infra" / "more.py").touch()
        assert told.changed(copy)
    outside.write_text("2")
    assert told.changed(project)
