use axon_domain::{
    ControlStep, Draft, Goal, LockStep, Payload, PlanAcceptance, Receiver, Reflex, Role, TaskSpec,
    TaskStatus,
};
use insta::assert_snapshot;
use proptest::prelude::*;

use super::draw::{self, Frame};
use super::screen::Size;
use super::story::{BEGIN, Story, agent, goal};

/// What stands on a terminal of this size.
fn shown(story: &mut Story, columns: usize, rows: usize) -> String {
    let size = Size { columns, rows };
    story.model.settle(story.now);
    let frame = Frame::new(size, story.now, 0);
    let lines = match story.model.is_over() {
        true => draw::summary(&story.model, frame),
        false => draw::view(&story.model, size, frame),
    };
    // What stays behind is longer than a very low terminal.
    let most = if story.model.is_over() { 7 } else { rows.saturating_sub(1).max(1) };
    assert!(lines.len() <= most, "{} lines of {rows}", lines.len());
    assert!(lines.iter().all(|line| line.width() <= frame.room));
    lines.iter().map(|line| format!("{}\n", line.plain().trim_end())).collect()
}

/// Forty files: thirty done, one failed, three coders at work and one that waits.
fn at_work() -> Story {
    let mut story = Story::rewrite(40);
    for coder in 4..8 {
        story.life(Role::Coder, coder, "cold", "warm", "its first task");
    }
    story.done(1..=30, 4);
    story.assign(31, 5);
    story.task(31, 5, TaskStatus::Failed, "the edit does not parse: line 3, column 1: `)`");
    for (task, coder) in [(32, 4), (33, 5), (34, 6), (35, 7)] {
        story.announce(task, coder, &format!("I am changing `old` in module_{task}"), "a.py");
        story.assign(task, coder);
    }
    story.want(None, 1, "symbol:shop.old");
    story.want(Some(32), 4, "file:shop/part_4/module_32.py");
    story.want(Some(35), 7, "file:shop/part_4/module_32.py");
    let coder = || Receiver::Agent(agent(4));
    story.say(Role::Analyst, 2001, coder(), "`reports.py:20` calls it", "shop/reports.py:20");
    story.wait(4_000);
    story
}

#[test]
fn a_small_mission_says_its_stages_and_nothing_else() {
    let rename = Goal::Rename {
        from: "total".to_owned(),
        to: "sum_up".to_owned(),
        at: None,
        kind: None,
        keep_alias: false,
    };
    let files = [("shop.py".to_owned(), 0), ("till.py".to_owned(), 0)];
    let mut story = Story::planned(rename, &files);
    story.announce(1, 4, "I am changing `total`", "shop.py");
    story.assign(1, 4);
    story.want(Some(1), 4, "file:shop.py");
    story.wait(5_000);
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rename total to sum_up
      ✓ plan    6 places in 2 files, 2 mentions left alone  1.2 s
      ◐ edit      5.0 s
      · merge
      · check
      · review
      · commit
    "#);
}

#[test]
fn a_large_one_shows_who_does_what_and_sums_up_the_rest() {
    let mut story = at_work();
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    120 places in 40 files, 2 mentions left alone  1.2 s
      ◐ edit    30 of 40 files, 1 failed, 1 lock waited for  4.0 s
        ├ coder 7   t35   shop/part_0/module_35.py  waits for coder 4
        ├ coder 4   t32   shop/part_4/module_32.py  4.0 s
        ├ coder 5   t33   shop/part_5/module_33.py  4.0 s
        ├ coder 6   t34   shop/part_6/module_34.py  4.0 s
        ├ ✗ t31 shop/part_3/module_31.py  the edit does not parse: line 3, column 1…
        ├ analyst 2001    `reports.py:20` calls it
        └ … 30 done, 5 waiting
      · merge
      · check
      · review
      · commit
        held    shop/part_4/module_32.py  coder 4  coder 7 waits
        said    coder 7 → everyone: I am changing `old` in module_35
                analyst 2001 → coder 4: `reports.py:20` calls it
        trouble ✗ t31 of coder 5 failed: the edit does not parse: line 3, column 1:…
    "#);
    assert_snapshot!(shown(&mut story, 60, 16), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    120 places in 40 files, 2 mentions left …  1.2 s
      ◐ edit    30 of 40 files, 1 failed, 1 lock waited …  4.0 s
        ├ coder 7   t35   …art_0/module_35.py  waits for coder 4
        ├ coder 4   t32   shop/part_4/module_32.py  4.0 s
        ├ coder 5   t33   shop/part_5/module_33.py  4.0 s
        └ … 2 more at work, 30 done, 5 waiting
      · merge
      · check
      · review
      · commit
        held    shop/part_4/module_32.py  coder 4  coder 7 waits
        said    coder 7 → everyone: I am changing `old` in modu…
                analyst 2001 → coder 4: `reports.py:20` calls it
        trouble ✗ t31 of coder 5 failed: the edit does not pars…
    "#);
    assert_snapshot!(shown(&mut story, 60, 10), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    120 places in 40 files, 2 mentions left …  1.2 s
      ◐ edit    30 of 40 files, 1 failed, 1 lock waited …  4.0 s
        └ … 5 more at work, 30 done, 5 waiting
      · merge
      · check
      · review
      · commit
        trouble ✗ t31 of coder 5 failed: the edit does not pars…
    "#);
    assert_snapshot!(shown(&mut story, 24, 5), @r#"
    m1  rewrite python `old…
      ✓ plan    120 …  1.2 s
      ◐ edit    30 o…  4.0 s
      · merge
    "#);
}

#[test]
fn ten_thousand_tasks_take_as_many_lines_as_a_few() {
    let mut story = Story::rewrite(10_000);
    story.done(1..=9_900, 4);
    for place in 0..64 {
        story.assign(9_901 + place, 4 + u64::from(place));
    }
    assert_snapshot!(shown(&mut story, 80, 20), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    30,000 places in 10,000 files, 2 mentions left alone  1.2 s
      ◐ edit    9,900 of 10,000 files
        ├ coder 4   t9901 shop/part_3/module_9901.py
        ├ coder 5   t9902 shop/part_4/module_9902.py
        ├ coder 6   t9903 shop/part_5/module_9903.py
        ├ coder 7   t9904 shop/part_6/module_9904.py
        ├ coder 8   t9905 shop/part_0/module_9905.py
        ├ coder 9   t9906 shop/part_1/module_9906.py
        ├ coder 10  t9907 shop/part_2/module_9907.py
        ├ coder 11  t9908 shop/part_3/module_9908.py
        ├ coder 12  t9909 shop/part_4/module_9909.py
        ├ coder 13  t9910 shop/part_5/module_9910.py
        ├ coder 14  t9911 shop/part_6/module_9911.py
        └ … 53 more at work, 9,900 done, 36 waiting
      · merge
      · check
      · review
      · commit
    "#);
}

#[test]
fn what_is_held_and_waited_for_goes_when_it_is_given() {
    let mut story = at_work();
    assert!(shown(&mut story, 80, 24).contains("coder 4  coder 7 waits"));
    story.task(32, 4, TaskStatus::Failed, "it stops");
    let entity = "file:shop/part_4/module_32.py".parse().unwrap();
    let request = axon_domain::Seq(story.asked);
    story.lock(Some(35), 7, LockStep::Granted { entity, request });
    let after = shown(&mut story, 80, 24);
    assert!(!after.contains("coder 7 waits"), "{after}");
    assert!(after.contains("held    symbol:shop.old  by the mission\n"), "{after}");
}

#[test]
fn trouble_is_always_shown_and_what_became_of_it() {
    let mut story = Story::planned(goal(), &[("a.py".to_owned(), 0)]);
    story.life(Role::Coder, 4, "warm", "running", "ready");
    story.assign(1, 4);
    story.violate(4);
    story.life(Role::Coder, 4, "running", "failed", "it wrote what it had not announced");
    story.life(Role::Coder, 4, "warm", "running", "started anew");
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    3 places in 1 file, 2 mentions left alone  1.2 s
      ◐ edit
      · merge
      · check
      · review
      · commit
        trouble ✗ trust violation by coder 4: wrote shop/b.py; expected: shop/a.py
                ✗ coder 4 failed: it wrote what it had not announced
                ✓ coder 4 was started again
    "#);
}

#[test]
fn a_paused_mission_says_so_and_stands_still() {
    let mut story = at_work();
    story.control(ControlStep::Pause, "lunch");
    let paused = shown(&mut story, 80, 24);
    assert!(paused.starts_with("m1  rewrite python `old($A)` to `new($A)`  paused: lunch\n"));
    assert!(!paused.contains('◐'), "{paused}");
    story.control(ControlStep::Resume, "");
    assert!(!shown(&mut story, 80, 24).contains("paused"));
}

#[test]
fn a_wave_that_is_halved_shows_its_tries() {
    let mut story = Story::rewrite(8);
    story.done(1..=8, 4);
    story.merge(1, 8);
    story.judge(Reflex::Check, "make test", Some(false));
    story.judge(Reflex::BaseCheck, "make test", Some(true));
    story.decide("the wave in halves");
    for (tasks, passed) in [(4, Some(true)), (2, Some(false))] {
        story.merge(1, tasks);
        story.judge(Reflex::Check, "make test", passed);
    }
    story.merge(1, 1);
    story.wait(2_500);
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    24 places in 8 files, 2 mentions left alone  1.2 s
      ✓ edit    8 files, each still parses
      ✓ merge   1 file changed
      ◐ check   with 1 of 8 files  2.5 s
        └ wave 1: 8 ✗  4 ✓  2 ✗  1 ◐
      · review
      · commit
    "#);
    story.judge(Reflex::Check, "make test", Some(true));
    story.judge(Reflex::Review, "the result", Some(true));
    story.end();
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    24 places in 8 files, 2 mentions left alone  1.2 s
      ✓ edit    8 files, each still parses
      ✓ merge   1 file changed
      ✓ check   make test passes with 1 of 8 files  2.5 s
      ✓ review  so it is
      ✓ commit  axon/m1 at 0707070707
    "#);
}

#[test]
fn a_part_that_is_left_out_last_leaves_the_check_passed_with_the_rest() {
    for last_passes in [true, false] {
        let mut story = Story::rewrite(8);
        story.done(1..=8, 4);
        story.merge(1, 8);
        story.judge(Reflex::Check, "make test", Some(false));
        story.judge(Reflex::BaseCheck, "make test", Some(true));
        story.decide("the wave in halves");
        story.merge(1, 7);
        story.judge(Reflex::Check, "make test", Some(true));
        if !last_passes {
            story.merge(1, 8);
            story.judge(Reflex::Check, "make test", Some(false));
        }
        story.decide("leave out shop/module_8.py");
        story.judge(Reflex::Review, "the result", Some(true));
        story.end();
        let text = shown(&mut story, 80, 24);
        assert!(text.contains("  ✓ check   make test passes with 7 of 8 files\n"), "{text}");
    }
}

#[test]
fn a_mission_of_several_goals_has_a_branch_for_each_that_is_worked_on() {
    let rename = |from: &str| Goal::Rename {
        from: from.to_owned(),
        to: format!("{from}_of_all"),
        at: None,
        kind: None,
        keep_alias: false,
    };
    let goals = vec![rename("total"), rename("count"), rename("sum")];
    let mut story = Story::new();
    story.tell(Draft::new(Role::Operator, super::story::given(Goal::Several { goals })));
    let task = |n: u32| {
        let goal = rename(["total", "count", "sum"][n as usize / 4]).title();
        let path = format!("shop/file_{n}.py");
        TaskSpec { title: format!("{goal}: edit {path}"), ..super::story::task(&path, n / 4) }
    };
    story.tell(super::story::supervisor(super::story::plan((0..12).map(task).collect())));
    story.tell(super::story::supervisor(Payload::PlanAccepted(PlanAcceptance { tasks: 12 })));
    story.done(1..=4, 4);
    story.done(5..=5, 5);
    story.assign(6, 4);
    story.assign(7, 5);
    story.assign(9, 6);
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rename total to total_of_all and 2 more
      ✓ plan    36 places in 12 files, 2 mentions left alone
      ◐ edit    5 of 12 files
        ├ rename count to count_of_all  1 of 4
        │ ├ coder 4   t6    shop/file_5.py
        │ └ coder 5   t7    shop/file_6.py
        ├ rename sum to sum_of_all  0 of 4
        │ └ coder 6   t9    shop/file_8.py
        └ … 5 done, 4 waiting, 1 of 3 goals through
      · merge
      · check
      · review
      · commit
    "#);
}

#[test]
fn a_long_search_shows_the_scouts() {
    let mut story = Story::new();
    let given = super::story::given(goal());
    story.tell(Draft::new(Role::Operator, given));
    for scout in [1_001, 1_002] {
        story.life(Role::Scout, scout, "warm", "running", "ready");
    }
    let supervisor = || Receiver::Agent(agent(1));
    story.say(Role::Scout, 1_002, supervisor(), "12 files name it", "");
    assert_eq!(shown(&mut story, 80, 24).lines().count(), 7);
    story.wait(3_000);
    assert_snapshot!(shown(&mut story, 80, 24), @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ◐ plan    locating  3.0 s
        ├ scout 1001      at work
        └ scout 1002      12 files name it
      · edit
      · merge
      · check
      · review
      · commit
    "#);
}

#[test]
fn messages_stay_long_enough_to_be_read() {
    let mut story = Story::rewrite(9);
    let say = |story: &mut Story, what: &str| {
        story.say(Role::Coder, 4, Receiver::Everyone, what, "");
        shown(story, 80, 24)
    };
    assert!(say(&mut story, "the first").contains("the first"));
    assert!(!say(&mut story, "the second").contains("the second"));
    story.wait(800);
    assert!(shown(&mut story, 80, 24).contains("the second"));
    let third = "the third";
    assert!(!say(&mut story, third).contains(third));
    story.tell(super::story::supervisor(Payload::PlanAccepted(PlanAcceptance { tasks: 9 })));
    assert!(shown(&mut story, 80, 24).contains(third), "another stage begins");
}

#[test]
fn names_that_a_repository_made_up_break_nothing() {
    let names = [
        "\u{1b}[2J\u{1b}[H.py",
        "two\nlines\r.py",
        "日本語/とても長い名前のファイルです/そしてまだ続きます/モジュール.py",
        "\u{202e}gpj.py",
        "שלום/עולם.py",
        "tab\tand\u{7}bell.py",
    ];
    let long = "deep/".repeat(400);
    let files: Vec<(String, u32)> =
        names.iter().copied().chain([long.as_str()]).zip(0..).map(|(n, g)| (n.into(), g)).collect();
    let mut story = Story::planned(goal(), &files);
    for (place, (path, _)) in files.iter().enumerate() {
        let number = u32::try_from(place).unwrap() + 1;
        story.assign(number, u64::from(number) + 3);
        story.say(Role::Coder, u64::from(number) + 3, Receiver::Topic(path.clone()), path, "");
    }
    let text = shown(&mut story, 80, 30);
    let unsafe_to_show = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!text.contains(unsafe_to_show), "{text:?}");
    assert_snapshot!(text, @r#"
    m1  rewrite python `old($A)` to `new($A)`
      ✓ plan    21 places in 7 files, 2 mentions left alone  1.2 s
      ◐ edit    0 of 7 files
        ├ coder 4   t1    \u{1b}[2J\u{1b}[H.py
        ├ coder 5   t2    two\nlines\r.py
        ├ coder 6   t3    …も長い名前のファイルです/そしてまだ続きます/モジュール.py
        ├ coder 7   t4    \u{202e}gpj.py
        ├ coder 8   t5    שלום/עולם.py
        ├ coder 9   t6    tab and\u{7}bell.py
        ├ coder 10  t7    …p/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/
        └ … nothing else
      · merge
      · check
      · review
      · commit
        said    coder 8 → שלום/עולם.py: שלום/עולם.py
                coder 9 → tab and\u{7}bell.py: tab and\u{7}bell.py
                coder 10 → deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/deep/d…
    "#);
}

/// Something that happens to a mission, out of small numbers.
fn happen(story: &mut Story, (what, a, b, text): (u8, u32, u64, String)) {
    fn one<T: Clone>(of: &[T], number: impl TryInto<usize>) -> T {
        of[number.try_into().unwrap_or(0) % of.len()].clone()
    }
    let path = one(&["file:a.py", "file:b.py", "symbol:c"], a);
    let status = one(&[TaskStatus::Assigned, TaskStatus::Done, TaskStatus::Failed], b);
    let to = one(&[Receiver::Agent(agent(b + 1)), Receiver::Everyone], b);
    match what {
        0 => story.task(a, b + 4, status, &text),
        1 => story.want(Some(a), b + 4, path),
        2 => story.say(Role::Analyst, b + 1, to, &text, &text),
        3 => story.life(Role::Coder, b + 4, "x", one(&["failed", "running", "warm"], a), &text),
        4 => story.merge(a % 4, a),
        5 => {
            let all = [Reflex::Check, Reflex::BaseCheck, Reflex::Review, Reflex::Hook];
            story.judge(one(&all, a), &text, one(&[Some(true), Some(false), None], b));
        }
        6 => story.violate(b + 4),
        7 => story.control(one(&[ControlStep::Pause, ControlStep::Resume], b), &text),
        8 => story.decide(&text),
        9 => {
            let (entity, request) = (path.parse().unwrap(), axon_domain::Seq(b));
            story.lock(Some(a), b + 4, LockStep::Granted { entity, request });
        }
        10 => story.announce(a, b + 4, &text, "a.py"),
        11 => {
            let tasks = (0..a % 30).map(|n| super::story::task(&text, n % 5)).collect();
            story.tell(super::story::supervisor(super::story::plan(tasks)));
        }
        12 => _ = story.tell(Draft::new(Role::Operator, super::story::given(goal()))),
        13 => story.end(),
        _ => story.wait(u64::from(a) * 100),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_list_of_events_makes_a_frame_that_does_not_fit(
        files in 0_u32..40,
        events in prop::collection::vec((0_u8..16, 0_u32..45, 0_u64..6, ".{0,30}"), 0..80),
        sizes in prop::collection::vec((1_usize..160, 1_usize..60), 1..6),
    ) {
        let mut story = if files == 0 { Story::new() } else { Story::rewrite(files) };
        for event in events {
            happen(&mut story, event);
        }
        for (columns, rows) in sizes {
            let _ = shown(&mut story, columns, rows);
        }
        prop_assert!(story.now >= BEGIN);
    }
}
