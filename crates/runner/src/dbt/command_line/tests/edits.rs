use super::{parse, words};

#[track_caller]
fn without(line: &str, flags: &[&str], wanted: &str) {
    let mut read = parse(line);
    read.retain(|given| !flags.contains(&given.flag.name));
    assert_eq!(read.to_words().join(" "), wanted);
}

#[test]
fn joined_letters_stay_when_one_of_them_goes() {
    without("build -qs sta_0", &["--quiet"], "build -s sta_0");
    without("build -xqf", &["--quiet"], "build -xf");
    without("build -qdtprod", &["--quiet", "--debug"], "build -tprod");
    without("build -xtprod -q", &["--target"], "build -x -q");
    without("-dq build", &["--quiet", "--debug"], "build");
}

#[test]
fn what_stays_is_the_same_word_for_word() {
    without(
        "build --select=a b --nope=1 -zq -t=dev --vars {a: -q} -- --quiet",
        &["--quiet", "--target"],
        "build --select=a b --nope=1 -zq --vars {a: -q} -- --quiet",
    );
}

#[test]
fn a_word_is_not_left_to_a_list() {
    without(
        "run-operation -xs a --debug grant",
        &["--debug"],
        "run-operation -x grant -s a",
    );
    let mut line = parse("run-operation -t dev grant");
    line.replace(&["--target"], &words("--exclude b"));
    assert_eq!(line.to_words(), words("run-operation grant --exclude b"));
}

#[test]
fn words_take_the_place_of_flags() {
    let mut line = parse("build -xtdev -s a");
    line.replace(&["--target"], &words("--target prod"));
    assert_eq!(line.to_words(), words("build -x --target prod -s a"));
    let mut line = parse("build -xqf");
    line.replace(&["--quiet"], &words("--no-quiet"));
    assert_eq!(line.to_words(), words("build -x --no-quiet -f"));
}

#[test]
fn new_words_come_last_but_where_they_are_read() {
    for (line, wanted) in [
        ("build", "build --threads 4"),
        ("-- build", "-- build --threads 4"),
        ("run-operation x -- y", "run-operation x --threads 4 -- y"),
        ("build --state", "build --threads 4 --state"),
        ("build -xt", "build -x --threads 4 -t"),
    ] {
        let mut read = parse(line);
        read.append(&words("--threads 4"));
        assert_eq!(read.to_words(), words(wanted), "{line}");
        assert_eq!(read.value("--threads"), Some("4"));
    }
}

#[test]
fn another_command_takes_the_place_of_the_command() {
    for (line, command, wanted) in [
        (
            "-q source --target x freshness -s a",
            "build",
            "-q build --target x -s a",
        ),
        ("build -x", "docs generate", "docs generate -x"),
        ("-x", "run", "run -x"),
    ] {
        let mut read = parse(line);
        read.set_command(&words(command));
        assert_eq!(read.to_words(), words(wanted), "{line}");
        assert_eq!(read.command(), command);
    }
}

#[test]
fn a_line_is_reduced_to_some_flags() {
    let mut line =
        parse("--log-path l build -xtprod -s a b --vars {} -zz --profiles-dir=p -- --profile q");
    line.reduce(
        "parse",
        &[
            "--target",
            "--vars",
            "--log-path",
            "--profiles-dir",
            "--profile",
        ],
    );
    assert_eq!(
        line.to_words(),
        words("parse --log-path l -tprod --vars {} --profiles-dir=p")
    );
}
