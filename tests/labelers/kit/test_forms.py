import pytest

from labelers.kit.forms import Form
from schemas.errors import SchemaError

FORM = Form({"reason": str, "score": int, "success": bool})


def test_an_answer_has_just_its_fields() -> None:
    said = '{"reason":"r","score":3,"success":true}'
    assert FORM.parse(said) == {"reason": "r", "score": 3, "success": True}
    assert FORM.parse(f"```json\n{said}\n```") == FORM.parse(f"  {said}\n")
    for wrong in (
        "",
        "good",
        "[]",
        '{"reason":"r","score":3}',
        '{"reason":"r","score":3,"success":true,"more":1}',
        '{"reason":"r","score":true,"success":true}',
        '{"reason":"r","score":3.0,"success":true}',
        '{"reason":null,"score":3,"success":true}',
        said + said,
    ):
        with pytest.raises(SchemaError):
            FORM.parse(wrong)
