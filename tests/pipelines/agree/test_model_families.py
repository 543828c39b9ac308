import pytest

from pipelines.agree.model_families import family_of


@pytest.mark.parametrize(
    ("labeler", "family"),
    [
        ("rules", "rules"),
        ("verify/gpt-4o-mini", "openai"),
        ("reward/ft:gpt-4o:acme", "openai"),
        ("verify/o3", "openai"),
        ("verify/Qwen/Qwen2.5-VL-72B-Instruct", "qwen"),
        ("verify/claude-sonnet-4", "anthropic"),
        ("verify/google/gemini-2.5-pro", "google"),
        ("verify/OpenGVLab/InternVL3-8B", "internlm"),
        ("verify/acme-7b", "acme"),
        ("verify/acme2-70b", "acme"),
        ("verify/4.5", "4.5"),
    ],
)
def test_a_family_follows_from_the_name_of_the_model(labeler: str, family: str) -> None:
    assert family_of(labeler) == family
