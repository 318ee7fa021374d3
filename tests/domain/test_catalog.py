"""What the catalog knows of models, and how they are found by any of their names."""

from datetime import date

import pytest

from bot.domain.catalog import Catalog, ModelInfo, load

NOW = date(2026, 11, 22)
MODELS = load()


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini-2025-04-14"),
        ("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4.1-mini-2025-04-14:acme:tone:AbC123xy", "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4o-mini-2024-07-18:acme::AbC123xy:ckpt-step-90", "gpt-4o-mini-2024-07-18"),
        ("ft:gpt-4.1:acme::x", "gpt-4.1-2025-04-14"),
    ],
)
def test_a_model_is_found_by_its_id_its_alias_or_the_name_of_a_tuned_one(name: str, base: str) -> None:
    model = MODELS.find(name)
    assert model is not None
    assert model.id == base


@pytest.mark.parametrize("name", ["", "gpt-4.1-2030-01-01", "ft:", "ft:llama", "gpt-6-luna"])
def test_a_name_that_is_not_known_is_not_guessed(name: str) -> None:
    assert MODELS.find(name) is None


def test_another_provider_names_tuned_models_its_own_way() -> None:
    model = ModelInfo("base-1", ("supervised",), "o200k_base", 100, 100)
    other = Catalog("other", NOW, (model,), (r"(?P<base>.+)\.ft-",))
    assert other.find("base-1.ft-123-tone") == model
    assert other.find("ft:base-1:x") is None


def test_only_models_that_still_train_and_see_are_offered() -> None:
    def names(day: date, images: bool = False) -> list[str]:
        return [model.name for model in MODELS.trainable(day, "chat", images=images)]

    assert names(NOW) == ["gpt-4.1", "gpt-4.1-mini", "gpt-4o-mini", "gpt-4o"]
    assert names(NOW, images=True) == ["gpt-4o"]
    assert names(date(2027, 1, 5)) == names(NOW)
    assert names(date(2027, 1, 6)) == []
    assert "gpt-4.1-nano" in names(date(2026, 10, 22))


def test_reinforcement_ended_in_october() -> None:
    assert [model.name for model in MODELS.trainable(date(2026, 10, 22), "reinforcement")] == ["o4-mini"]
    assert MODELS.trainable(NOW, "reinforcement") == ()


def test_models_serve_a_little_longer_than_they_train() -> None:
    model = MODELS.find("gpt-4.1")
    assert model is not None
    day = date(2027, 1, 10)
    assert (model.trains(day), model.serves(day), model.serves(date(2027, 1, 14))) == (False, True, False)


def test_every_model_is_whole_and_says_when_it_was_looked_up() -> None:
    names = [name for model in MODELS.models for name in (model.id, *model.aliases)]
    assert len(names) == len(set(names))
    for model in MODELS.models:
        assert model.as_of == MODELS.as_of
        assert model.methods
        assert 0 < model.max_example_tokens <= model.context_window
        assert (model.train_usd is None) == (model.methods == ("reinforcement",))
