//! The image without Prefect: what a container does under any user and for any caller.

use super::container::{Container, Volume, docker, wait_until};
use super::shop;

/// `prefect-dbt invoke --no-prefect OPTIONS -- build --vars VARS`, in a container.
fn build(of_docker: &[&str], options: &[&str], vars: &str) -> Container {
    let invoke = ["prefect-dbt", "invoke", "--no-prefect"];
    let dbt = ["--", "build", "--vars", vars];
    let command = [&invoke, options, &dbt].concat();
    Container::start(of_docker, shop::image(), &command)
}

#[test]
fn the_image_runs_dbt_without_a_parse_and_not_as_root() {
    let container = build(&[], &[], "{}");
    assert_eq!(container.wait(), 0, "{}", container.log());
    let log = container.log();
    for trouble in ["WARNING", "Unable to do partial parsing"] {
        assert!(!log.contains(trouble), "{log}");
    }
    let whoami = Container::start(&[], shop::image(), &["id", "-u"]);
    whoami.wait();
    assert_ne!(whoami.log(), "0\n");
}

/// A disk that is read only, for this user: what is written goes elsewhere, and the journals to a volume.
fn read_only<'a>(user: &'a str, mount: &'a str) -> [&'a str; 9] {
    [
        "--user",
        user,
        "--volume",
        mount,
        "--read-only",
        "--tmpfs=/tmp",
        "--env=DBT_TARGET_PATH=/tmp/target",
        "--env=DBT_LOG_PATH=/tmp/logs",
        "--env=DBT_PARTIAL_PARSE_FILE_PATH=/project/target/partial_parse.msgpack",
    ]
}

const JOURNALS: [&str; 2] = ["--journal-dir", "/records"];

#[test]
fn any_user_runs_it_on_a_disk_that_is_read_only() {
    // The user of the image, and one that it does not know.
    for user in ["dbt", "12345:0"] {
        let volume = Volume::new();
        let mount = volume.at("/records");
        let options = read_only(user, &mount);
        let container = build(&options, &JOURNALS, "{}");
        assert_eq!(container.wait(), 0, "{user}: {}", container.log());
        let log = container.log();
        for trouble in ["WARNING", "Unable to do partial parsing"] {
            assert!(!log.contains(trouble), "{user}: {log}");
        }
        let report = [
            &["prefect-dbt", "report", "--output=markdown"][..],
            &JOURNALS,
        ]
        .concat();
        let report = Container::start(&options, shop::image(), &report);
        assert_eq!(report.wait(), 0, "{}", report.log());
        assert!(report.log().contains("slow"), "{}", report.log());
    }
}

/// They have the same path for the target folder, and do not share it.
#[test]
fn containers_with_one_volume_for_the_journals_do_not_wait_for_each_other() {
    let volume = Volume::new();
    let mount = volume.at("/records");
    let endless = build(&read_only("dbt", &mount), &JOURNALS, "{slow: 3600}");
    endless.wait_for_line("START sql table model main.slow");
    for user in ["dbt", "12345:0"] {
        let other = build(&read_only(user, &mount), &JOURNALS, "{}");
        other.wait_for_line("Finished in state Completed()");
        assert!(!other.log().contains("waiting for"), "{}", other.log());
    }
}

#[test]
fn the_first_process_reaps_others_and_passes_a_stop_on() {
    let container = build(&[], &[], "{slow: 3600}");
    container.wait_for_line("START sql table model main.slow");
    // The kernel gives it the process, which nobody waits for.
    let orphan = container.shell("true & echo $!").expect("a shell");
    let is_left = format!("test -e /proc/{}", orphan.trim());
    wait_until(
        || container.shell(&is_left).is_none(),
        || format!("process {orphan} is left"),
    );
    container.suffers("stop");
    assert_eq!(container.wait(), 143, "{}", container.log());
    let log = container.log();
    for text in [
        "Queries cancelled by dbt: model.shop.slow",
        "Finished in state Crashed('terminated by SIGTERM')",
    ] {
        assert!(log.contains(text), "{text}\n{log}");
    }
}

#[test]
fn a_container_without_enough_memory_says_so() {
    let container = build(&["--memory=400m"], &[], "{millions: 100}");
    assert_eq!(container.wait(), 137, "{}", container.log());
    let log = container.log();
    let said = "Finished in state Crashed('dbt was killed because memory ran out')";
    assert!(log.contains(said), "{log}");
}

#[test]
fn the_image_has_no_certificates_of_the_build() {
    let image = shop::image();
    let history = docker(&["history", "--no-trunc", "--format", "{{.CreatedBy}}", image]);
    assert!(history.contains("pip install"), "{history}");
    let look = ["find", "/run/secrets", "-type", "f"];
    let look = Container::start(&[], image, &look);
    look.wait();
    assert!(!look.log().contains("/ca\n"), "{}", look.log());
}
