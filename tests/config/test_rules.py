"""What differs between the five agencies, seen through the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.notice import notice_text

if TYPE_CHECKING:
    from config.schema import Rules

HENGYANG, BAOFENG, LINGCHUAN, YUXIAN, LUOHE = (
    "hengyang-linye",
    "baofeng-minzheng",
    "lingchuan-ziran",
    "yuxian-yingji",
    "luohe-xumu",
)


def test_the_notice_is_spoken_in_the_words_of_each_regulation(rules: dict[str, Rules]) -> None:
    names = ("张三", "李四")
    assert notice_text(rules[BAOFENG], "宝丰县民政局", names) == (
        "您好，我们是宝丰县民政局执法人员张三、李四，为保护您的合法权益，监督我们的执法行为，"
        "本次执法全程录音录像。"
    )
    assert notice_text(rules[LUOHE], "别的单位", names) == (
        "您好，我们是漯河市畜牧兽医执法大队执法人员张三、李四，为保护您的合法权益，"
        "监督我们的执法行为，本次执法全程录音录像。"
    )
    assert {name for name, one in rules.items() if one.notice.wording.source == "article"} == {
        BAOFENG,
        LUOHE,
    }


def test_filled_with_crosses_the_notice_is_the_printed_sentence(rules: dict[str, Rules]) -> None:
    for name, agency in ((BAOFENG, "×××民政局"), (LUOHE, "")):
        assert notice_text(rules[name], agency, ()) == rules[name].notice.wording.text


def test_a_missing_name_stays_a_gap_in_the_notice(rules: dict[str, Rules]) -> None:
    assert "执法人员张三、×××，" in notice_text(rules[BAOFENG], "宝丰县民政局", ("张三",))


def test_hengyang_tells_the_party_only_when_questioning(rules: dict[str, Rules]) -> None:
    before = {name: one.notice.occasion.before for name, one in rules.items()}
    assert before.pop(HENGYANG) == "questioning"
    assert set(before.values()) == {"enforcement"}
    assert rules[YUXIAN].notice.occasion.source == "default"


def test_only_lingchuan_demands_that_the_notice_is_recorded(rules: dict[str, Rules]) -> None:
    cited = [n for n, one in rules.items() if one.notice.inside_recording.source == "article"]
    assert cited == [LINGCHUAN]


def test_the_scenes_of_each_regulation_are_all_there(rules: dict[str, Rules]) -> None:
    counts = {name: len(one.scenes) for name, one in rules.items()}
    assert counts == {HENGYANG: 7, BAOFENG: 3, LINGCHUAN: 0, YUXIAN: 14, LUOHE: 6}


def test_the_reasons_to_stop_are_exactly_those_of_the_original(rules: dict[str, Rules]) -> None:
    reasons = {name: [one.text for one in r.stop_reasons] for name, r in rules.items()}
    assert reasons[BAOFENG] == [
        "涉及个人隐私及商业秘密的",
        "因天气等自然原因无法使用的",
        "相对管理人及其他人员阻碍正常执法无法继续使用的",
        "其他不可抗力因素不能使用的",
    ]
    assert reasons[LINGCHUAN] == [
        "涉及个人隐私及商业秘密的",
        "因天气等自然原因无法使用的",
        "行政相对人及其他人员阻碍正常执法无法继续使用的",
        "其他不可抗力因素不能使用的",
    ]
    assert reasons[HENGYANG] == reasons[YUXIAN] == reasons[LUOHE] == []


def test_only_luohe_names_reasons_not_to_record(rules: dict[str, Rules]) -> None:
    named = {name: len(one.not_recorded_reasons) for name, one in rules.items()}
    assert named == {HENGYANG: 0, BAOFENG: 0, LINGCHUAN: 0, YUXIAN: 0, LUOHE: 3}


def test_the_unit_fills_in_the_causes_it_can_measure(rules: dict[str, Rules]) -> None:
    measured = {cause.id: cause.measured for cause in rules[LUOHE].interruption_causes}
    assert measured == {
        "device": "device",
        "weather": "",
        "battery": "battery",
        "storage": "storage",
        "place": "",
        "other": "",
    }


def test_baofeng_and_luohe_want_the_resume_explained_aloud(rules: dict[str, Rules]) -> None:
    demanded = {
        name: one.resume.explain for name, one in rules.items() if one.resume.source == "article"
    }
    assert demanded == {BAOFENG: ("cause", "reason_to_continue"), LUOHE: ("cause",)}


def test_the_reports_go_to_different_people_at_different_times(rules: dict[str, Rules]) -> None:
    reports = {
        name: [(one.on, one.to, one.due, one.states) for one in r.reports]
        for name, r in rules.items()
    }
    assert reports == {
        HENGYANG: [],
        BAOFENG: [("interrupted", "局分管领导", "after_activity", ("circumstances",))],
        LINGCHUAN: [("interrupted", "本单位负责人", "after_activity", ("cause", "basis"))],
        YUXIAN: [],
        LUOHE: [
            ("not_recorded", "大队领导", "after_activity", ("cause", "basis")),
            ("cannot_continue", "所属部门负责人", "immediately", ()),
            ("cannot_continue", "所属部门负责人", "after_activity", ("circumstances",)),
        ],
    }


def test_only_lingchuan_clears_the_unit_at_once(rules: dict[str, Rules]) -> None:
    assert [n for n, one in rules.items() if one.clearing.when == "at_once"] == [LINGCHUAN]


def test_the_approvals_differ(rules: dict[str, Rules]) -> None:
    chains = {
        name: (one.access.inside.approvers, one.access.outside.approvers, one.access.inside.source)
        for name, one in rules.items()
    }
    assert chains == {
        HENGYANG: (("政策法规科",), ("政策法规科", "局领导"), "default"),
        BAOFENG: (("相关处室负责人",), ("局机关负责人",), "article"),
        LINGCHUAN: (("执法单位负责人",), ("本局主要领导",), "article"),
        YUXIAN: (("执法室负责人",), ("局领导",), "default"),
        LUOHE: (("法制办公室", "主管领导"), ("法制办公室", "主管领导"), "article"),
    }
    assert rules[BAOFENG].access.outside.letter_kept
    assert rules[LINGCHUAN].access.outside.copy_only


def test_what_only_one_agency_rules_is_absent_from_the_others(rules: dict[str, Rules]) -> None:
    for key, only in (
        ("spot_checks", HENGYANG),
        ("paper_times", HENGYANG),
        ("coverage", HENGYANG),
        ("damage", BAOFENG),
        ("secrecy", LUOHE),
    ):
        assert [n for n, one in rules.items() if getattr(one, key) is not None] == [only], key


def test_discs_come_in_two_copies_at_lingchuan_with_five_words_on_the_label(
    rules: dict[str, Rules],
) -> None:
    disc = rules[LINGCHUAN].disc
    assert disc is not None
    assert disc.copies == 2
    assert disc.label == ("制作单位", "制作人", "制作时间", "执法活动或者案件名称", "标号")
    assert [name for name, one in rules.items() if one.disc] == [LINGCHUAN, LUOHE]


def test_pre_record_is_off_and_live_only_where_the_regulation_speaks_of_it(
    rules: dict[str, Rules],
) -> None:
    assert {one.pre_record.mode for one in rules.values()} == {"off"}
    asked = {name for name, one in rules.items() if one.live.mode == "on_request"}
    assert asked == {HENGYANG, BAOFENG, YUXIAN}
    assert {n for n, one in rules.items() if one.live.source == "article"} == asked


def test_the_offences_are_counted_as_printed(rules: dict[str, Rules]) -> None:
    counts = {name: len(one.offences) for name, one in rules.items()}
    assert counts == {HENGYANG: 6, BAOFENG: 5, LINGCHUAN: 6, YUXIAN: 0, LUOHE: 8}
    assert len(rules[LUOHE].sanctions) == 5
