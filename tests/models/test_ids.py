"""Identifiers: which are accepted, and that one key names one partition."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from forge import models
from forge.models import patterns
from forge.models.ids import SessionId, new_run_id, new_session_id
from forge.models.session_key import SessionKey

SESSION_ID = TypeAdapter(SessionId)


@given(owner=st.text(min_size=1), session_id=st.from_regex(patterns.SESSION_ID.replace("$", r"\Z")))
def test_a_key_is_read_back_from_its_partition_whatever_the_owner_is_called(
    owner: str, session_id: str
) -> None:
    key = SessionKey(owner, session_id)
    assert SessionKey.parse(str(key)) == key


@given(st.tuples(st.text(min_size=1), st.text(min_size=1)).filter(lambda pair: pair[0] != pair[1]))
def test_two_owners_never_share_a_partition(owners: tuple[str, str]) -> None:
    first, second = (str(SessionKey(owner, "s")) for owner in owners)
    assert first != second


@pytest.mark.parametrize("text", ["", "a" * 129, "a/b", "a b", "ä", "a#b", "a\n", "a\x00", "../x"])
def test_a_bad_session_id_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SESSION_ID.validate_python(text)


@pytest.mark.parametrize("text", ["a", "A.b_c~d-9", "x" * 128])
def test_a_good_session_id_is_taken(text: str) -> None:
    assert SESSION_ID.validate_python(text) == text


def test_a_made_session_id_is_a_good_one() -> None:
    assert SESSION_ID.validate_python(new_session_id())


def test_run_ids_do_not_repeat() -> None:
    assert new_run_id() != new_run_id()


def forms(schema: object) -> set[str]:
    """Every pattern that occurs in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(forms, schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set[str]()
    return own.union(*map(forms, schema.values()))


@pytest.mark.slow
def test_every_form_that_is_demanded_has_words() -> None:
    """Nobody is told a regular expression."""
    modules = [
        importlib.import_module(f"forge.models.{each.name}") for each in pkgutil.iter_modules(models.__path__)
    ]
    every = {
        model
        for module in modules
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, BaseModel)
    }
    demanded = set().union(*(forms(TypeAdapter(model).json_schema()) for model in every))
    assert patterns.SESSION_ID in demanded
    assert demanded <= set(patterns.WORDS)
