"""The certificate: one page that says all it must, and carries the manifest inside."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import bagit
import pytest

from recorder.evidence.errors import Malformed
from recorder.evidence.package import MANIFEST
from recorder.evidence.trust import parse_trust
from recorder.evidence.verdict import Exit, Verdict
from recorder.evidence.verify.examine import Question, examine
from recorder.evidence.words import digest
from recorder.programs import verify
from recorder.programs.bag import FolderFiles
from uplink.programs import station
from uplink.programs.station_papers import read_paper
from uplink.station.package.certificate import (
    add_certificate,
    grouped,
    key_fingerprint,
    qr_text,
    verifier_digest,
)
from uplink.station.package.certificate_paper import Paper
from uplink.station.package.facts import read_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.export.conftest import Exported

# WeasyPrint 70 leaves the colour profile that PDF/A asks for to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)
PAPER = Paper(
    maker_agency="宝丰县民政局",
    maker="王五",
    extractor="赵六",
    case_name="某公司<违规>案",
    mark="BF-2026-0042",
    place="宝丰县人民路1号",
    officers=("张三（110023）", "李四（110024）"),
    kept_at="采集站 BF-01，档案室",
)
FIELDS = (
    "制作单位", "制作人", "提取人", "提取时间", "制作方法", "原始载体及存放处", "证明对象",
    "案件名称", "标号", "件数", "时长", "起止", "地点", "执法人员", "设备号", "内容", "连续",
    "来源", "时间", "经手", "清单", "盖章",
)  # fmt: skip


def verdict_on(exported: Exported, package: Path) -> Verdict:
    trust = parse_trust((exported.folder / "trust.toml").read_text(encoding="utf-8"))
    return examine(FolderFiles(package), Question(trust), map)


def said(program: str, *arguments: str | Path) -> str:
    return subprocess.run(
        [program, *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def package(honest: Exported, tmp_path: Path) -> Path:
    return shutil.copytree(honest.package, tmp_path / "package")


@pytest.fixture
def page(honest: Exported, package: Path) -> Path:
    return add_certificate(package, verdict_on(honest, package), PAPER)


@pytest.mark.slow
def test_the_package_with_its_certificate_is_still_proven(honest: Exported, page: Path) -> None:
    bagit.Bag(str(page.parent)).validate()
    assert verdict_on(honest, page.parent).exit is Exit.PROVEN
    add_certificate(page.parent, verdict_on(honest, page.parent), PAPER)
    assert verdict_on(honest, page.parent).exit is Exit.PROVEN


@pytest.mark.slow
def test_it_is_one_page_of_pdf_a_3_without_errors(
    page: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("pdfinfo")
    need("qpdf")
    info = said("pdfinfo", page)
    assert "Pages:           1" in info
    assert "A4" in info
    laid_open = tmp_path / "open.pdf"
    said("qpdf", "--qdf", "--object-streams=disable", page, laid_open)
    assert b'pdfaid:part="3" pdfaid:conformance="B"' in laid_open.read_bytes()
    assert "No syntax or stream encoding errors" in said("qpdf", "--check", page)


@pytest.mark.slow
def test_the_manifest_inside_is_the_packages(
    page: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("pdfdetach")
    said("pdfdetach", "-saveall", "-o", tmp_path, page)
    assert (tmp_path / MANIFEST).read_bytes() == (page.parent / MANIFEST).read_bytes()
    assert (tmp_path / "清单.csv").read_bytes() == (page.parent / "清单.csv").read_bytes()


@pytest.mark.slow
def test_every_field_is_there_with_what_was_said(page: Path, need: Callable[[str], Path]) -> None:
    need("pdftotext")
    text = said("pdftotext", "-layout", page, "-")
    assert [field for field in FIELDS if field not in text] == []
    for word in (
        "宝丰县民政局",
        "王五",
        "某公司<违规>案",
        "BF-2026-0042",
        "张三",
        "BF-0007",
        "通过",
    ):
        assert word in text
    whole = digest((page.parent / MANIFEST).read_bytes())
    assert whole in text.replace(" ", "").replace("\n", "")
    assert grouped(whole) in " ".join(text.split())
    assert grouped(key_fingerprint(page.parent)) in " ".join(text.split())
    assert grouped(verifier_digest())[:71] in " ".join(text.split())
    viewer = (page.parent / "verify.html").read_bytes()
    assert grouped(digest(viewer))[:71] in " ".join(text.split()), "the page's own digest"
    assert "北京时间加8小时" in "".join(text.split())


@pytest.mark.slow
def test_the_square_is_read_back_and_needs_no_address(
    page: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("pdftoppm")
    need("zbarimg")
    said("pdftoppm", "-r", "200", "-png", page, tmp_path / "page")
    picture = next(tmp_path.glob("page*.png"))
    read = said("zbarimg", "--quiet", "--raw", picture).strip()
    assert read == qr_text(read_facts(page.parent), key_fingerprint(page.parent))
    assert "://" not in read


@pytest.mark.slow
def test_the_report_of_the_command_is_such_a_page(
    honest: Exported, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = ["--trust", str(honest.folder / "trust.toml")]
    out = tmp_path / "report.pdf"
    assert verify.main([str(package), *trust, "--report", str(out)]) == 0
    assert out.read_bytes().startswith(b"%PDF-")
    inside = package / "report.pdf"
    assert verify.main([str(package), *trust, "--report", str(inside)]) == 1
    assert "choose a place outside" in capsys.readouterr().err
    assert not inside.exists()


def test_the_verifiers_digest_can_be_made_by_hand(need: Callable[[str], Path]) -> None:
    need("sha256sum")
    hand = "find evidence -name '*.py' | LC_ALL=C sort | xargs cat | sha256sum"
    recorder = Path(verify.__file__).parents[1]
    done = subprocess.run(
        ["/bin/sh", "-c", hand], cwd=recorder, check=True, capture_output=True, text=True
    )
    assert done.stdout[:64] == verifier_digest()


@pytest.mark.slow
def test_the_station_certifies_with_what_people_say(
    honest: Exported, package: Path, tmp_path: Path, need: Callable[[str], Path]
) -> None:
    need("pdftotext")
    said_by_people = tmp_path / "paper.toml"
    said_by_people.write_text('case_name = "某案"\nofficers = ["张三", "李四"]\n', encoding="utf-8")
    config = str(honest.dock.station_folder / "station.toml")
    arguments = ["--config", config, "certify", str(package), "--paper", str(said_by_people)]
    assert station.main(arguments) == 0
    text = said("pdftotext", "-layout", package / "制作说明.pdf", "-")
    assert "某案" in text
    assert "张三、李四" in text
    assert verdict_on(honest, package).exit is Exit.PROVEN


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("case = 1", "choose from maker_agency"),
        ("mark = 1", "must be a text"),
        ("officers = 'x'", "must be a list of texts"),
        ("officers = [1]", "must be a list of texts"),
        ("mark = ['x']", "must be a text"),
        ("mark", "is not TOML"),
    ],
)
def test_a_paper_with_a_mistake_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "paper.toml").write_text(text, encoding="utf-8")
    with pytest.raises(Malformed, match=sentence):
        read_paper(tmp_path / "paper.toml")


@pytest.mark.slow
def test_the_page_of_a_changed_package_says_so(
    honest: Exported, package: Path, need: Callable[[str], Path]
) -> None:
    need("pdftotext")
    film = package / "data/unit/media/000001-0001.mp4.age"
    film.write_bytes(film.read_bytes()[:-1] + b"\0")
    verdict = verdict_on(honest, package)
    assert verdict.exit is Exit.CHANGED
    page = add_certificate(package, verdict, PAPER)
    assert "不通过" in said("pdftotext", "-layout", page, "-")
