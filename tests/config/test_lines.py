from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.lines import KeyPath, lines_of
from config.load import shipped, shipped_rules

SAMPLES = [
    *[file.read_text(encoding="utf-8") for file in (Path(__file__).parent / "samples").iterdir()],
    *[shipped(name).data.decode() for name in shipped_rules()],
]
HARD = '''# a comment with a = sign and [brackets]
"quoted key" = 1
'literal.key' = 2
a.b . "c d" = "# no comment"
text = """
three = "lines"
[not.a.table]
""""
raw = \'\'\'
x = 1\'\'\'
inline = { p = 1, q = [ { r = "}" }, { r = "]" } ] } # end
array = [
    1, # one, two
    [ 2, "a,b" ],

    3,
]
[ table . sub ]
when = 2019-02-17T08:00:00Z
[[many]]
n = 1
[[many]]
n = 2
[many.inner]
deep = true
[[many.list]]
z = -1.5e3
'''


def paths_of(value: object, path: KeyPath = ()) -> set[KeyPath]:
    found = {path} if path else set()
    pairs = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else pairs:
        found |= paths_of(one, (*path, key))
    return found


def test_every_key_has_the_line_it_stands_on() -> None:
    lines = lines_of(HARD)
    assert paths_of(tomllib.loads(HARD)) == set(lines)
    assert {
        path: lines[path] for path in lines if path[-1] in {"c d", "raw", "deep", "z", "r"}
    } == {
        ("a", "b", "c d"): 4,
        ("raw",): 9,
        ("inline", "q", 0, "r"): 11,
        ("inline", "q", 1, "r"): 11,
        ("many", 1, "inner", "deep"): 25,
        ("many", 1, "list", 0, "z"): 27,
    }
    assert [lines["array", n] for n in range(3)] == [13, 14, 16]
    assert (lines["many", 0], lines["many", 1], lines["many", 0, "n"]) == (20, 22, 21)


@settings(deadline=None)  # a busy machine proves nothing
@given(
    sample=st.sampled_from([HARD, *SAMPLES]),
    where=st.floats(0, 1),
    cut=st.integers(0, 30),
    put=st.text(alphabet="ab1\"'[]{}=,.#\\\n ", max_size=6),
)
def test_no_accepted_text_has_a_key_without_a_line(
    sample: str, where: float, cut: int, put: str
) -> None:
    at = int(where * len(sample))
    text = sample[:at] + put + sample[at + cut :]
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert paths_of(values) == set(lines_of(text))
