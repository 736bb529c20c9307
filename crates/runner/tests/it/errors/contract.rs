//! Every error of the command line's contract, as people see it: what failed, the causes, what to do.

use super::project::Workplace;
use super::stub_api::{self, StubApi};

const FLOW_RUN: &str = "00000000-0000-0000-0000-00000000000a";

#[test]
fn what_a_run_needs_is_missing() {
    let place = Workplace::new();
    let found = ["invoke", "--no-prefect", "--", "build"];
    place.fails("dbt_not_found_anywhere", &found, &[], 2);
    place.make_executable(".venv/bin/dbt", "#!/bin/sh\n");
    place.fails("no_project", &found, &[], 2);
    place.write("dbt_project.yml", "name: shop\nprofile: shop\n");
    place.fails("no_profiles_yml", &found, &[], 2);
    let no_raise = ["invoke", "--no-raise-on-failure", "--project-dir"];
    let elsewhere = [&no_raise[..], &["elsewhere", "--", "ls"]].concat();
    place.fails("no_project_folder", &elsewhere, &[], 2);
    place.write("seeds/names.csv", "");
    let seeds = [&no_raise[..], &["seeds", "--", "ls"]].concat();
    place.fails("no_project_in_the_folder", &seeds, &[], 2);
    place.write("profiles.yml", "shop: {}\n");
    let build = ["invoke", "--no-prefect", "--dbt", "bin/dbt", "--", "build"];
    place.fails("dbt_not_found", &build, &[], 2);
    place.write("bin/dbt", "#!/bin/sh\n");
    place.fails("dbt_not_executable", &build, &[], 2);
    place.make_executable("bin/dbt", "#!/no/such/python\n");
    place.fails("dbt_does_not_start", &build, &[], 2);
}

#[test]
fn options_and_variables_are_invalid() {
    let place = Workplace::with_project();
    let level = [("DBT_LOG_LEVEL", "loud")];
    let build = ["invoke", "--no-prefect", "--", "build"];
    place.fails("invalid_log_level", &build, &level, 2);
    let launcher = [("PREFECT_DBT_LAUNCHER", "on")];
    place.fails("invalid_launcher", &build, &launcher, 2);
    let engine = ["invoke", "--engine", "--no-prefect", "--", "build"];
    place.fails("contradictory_options", &engine, &[], 2);
    let engine = ["invoke", "--engine", "--", "build"];
    place.fails("engine_without_flow_run", &engine, &[], 2);
    let timeout = ["invoke", "--timeout", "soon", "--", "build"];
    place.fails("timeout_is_not_a_number", &timeout, &[], 2);
    let delay = ["invoke", "--retry-delay", "3", "--", "build"];
    place.fails("retry_delay_without_retries", &delay, &[], 2);
    let id = ["invoke", "--flow-run-id", "abc", "--", "build"];
    place.fails("flow_run_id_is_not_a_uuid", &id, &[], 2);
    let settings = [("PREFECT_API_REQUEST_TIMEOUT", "soon")];
    let deploy = ["deploy", "nightly", "--work-pool", "p", "--", "build"];
    place.fails("invalid_prefect_settings", &deploy, &settings, 2);
    let build = ["invoke", "--flow-run-id", FLOW_RUN, "--", "build"];
    place.fails("invalid_settings_for_a_flow_run", &build, &settings, 2);
    let api = [("PREFECT_API_URL", "prefect.example.org")];
    place.fails("invalid_api_url", &deploy, &api, 3);
}

#[test]
fn invalid_settings_without_a_flow_run_give_one_warning() {
    let place = Workplace::with_project();
    let mut program = place.program();
    program.env("PREFECT_API_REQUEST_TIMEOUT", "soon");
    let output = program.args(["invoke", "--", "build"]).output();
    let output = output.expect("the program was built");
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(stderr.matches("not reported").count(), 1, "{stderr}");
    let problem = "invalid PREFECT_API_REQUEST_TIMEOUT";
    assert!(stderr.contains(problem), "{stderr}");
    assert!(!stderr.contains("no Prefect API"), "{stderr}");
}

#[test]
fn flags_of_dbt_are_written_before_its_command() {
    let place = Workplace::with_project();
    let target = ["invoke", "--target", "prod", "--", "build"];
    place.fails("dbt_flag_before_the_command", &target, &[], 2);
    let letter = ["invoke", "-s", "x", "build"];
    place.fails("dbt_letter_before_the_command", &letter, &[], 2);
    let deploy = ["deploy", "n", "--work-pool", "p", "--select=x", "--", "run"];
    place.fails("dbt_flag_of_a_deployment", &deploy, &[], 2);
    let unknown = ["invoke", "--retrys", "2", "--", "build"];
    place.fails("unknown_option", &unknown, &[], 2);
}

#[test]
fn the_api_of_a_flow_run_is_not_available() {
    let place = Workplace::with_project();
    let build = ["invoke", "--flow-run-id", FLOW_RUN, "--", "build"];
    place.fails("no_api_configured", &build, &[], 3);
    let refused = stub_api::refused_url();
    place.fails(
        "connection_refused",
        &build,
        &[("PREFECT_API_URL", &refused)],
        3,
    );
    let plain = StubApi::start(|_| (404, r#"{"detail":"Not Found"}"#.to_owned()));
    let tls = plain.url.replace("http://", "https://");
    place.fails("tls_mismatch", &build, &[("PREFECT_API_URL", &tls)], 3);
    let wrong_path = [("PREFECT_API_URL", plain.url.as_str())];
    place.fails("not_the_url_of_an_api", &build, &wrong_path, 3);
    let unknown = StubApi::start(|_| (404, r#"{"detail":"Flow run not found"}"#.to_owned()));
    let unknown = [("PREFECT_API_URL", unknown.url.as_str())];
    place.fails("flow_run_not_found", &build, &unknown, 3);
    let guarded = StubApi::start(|_| (401, r#"{"detail":"Unauthorized"}"#.to_owned()));
    let guarded = [
        ("PREFECT_API_URL", guarded.url.as_str()),
        ("PREFECT_API_KEY", "pnu_wrong"),
    ];
    place.fails("api_key_refused", &build, &guarded, 3);
}

#[test]
fn json_has_the_same_chain_in_one_line() {
    let place = Workplace::with_project();
    let refused = stub_api::refused_url();
    let api = [("PREFECT_API_URL", refused.as_str())];
    let args = [
        "invoke",
        "--output",
        "json",
        "--flow-run-id",
        FLOW_RUN,
        "--",
        "build",
    ];
    place.answers_json("connection_refused_json", &args, &api, 3);
    let args = ["replay", "--output", "json", "no-such-file"];
    place.answers_json("replay_of_a_missing_file_json", &args, &api, 2);
}

#[test]
fn the_server_fails() {
    let place = Workplace::with_project();
    let broken = StubApi::start(|_| {
        (
            500,
            r#"{"exception_message":"Internal Server Error"}"#.to_owned(),
        )
    });
    place.write(
        "profiles.yml",
        "shop: {target: '{{ prefect.variables.target }}'}\n",
    );
    let api = [
        ("PREFECT_API_URL", broken.url.as_str()),
        ("PREFECT_CLIENT_MAX_RETRIES", "0"),
    ];
    place.fails("server_error", &["render-profiles"], &api, 3);
}

#[test]
fn profiles_are_wrong() {
    let place = Workplace::with_project();
    place.write(
        "profiles.yml",
        "shop:\n  target: {{ prefect.variables.target }}\n",
    );
    let api = StubApi::start(no_blocks_and_one_variable);
    let api = [("PREFECT_API_URL", api.url.as_str())];
    place.fails("broken_template", &["render-profiles"], &api, 2);
    place.write(
        "profiles.yml",
        "shop:\n  target: '{{ prefect.variables.targt }}'\n  password: '{{ prefect.blocks.secret.pw }}'\n",
    );
    place.fails("missing_block_and_variable", &["render-profiles"], &api, 2);
    place.fails("references_without_api", &["render-profiles"], &[], 3);
    let build = ["invoke", "--no-prefect", "--", "build"];
    place.fails("run_with_references_without_api", &build, &[], 3);
    let elsewhere = ["render-profiles", "--profiles-dir", "nowhere"];
    place.fails("no_profiles_to_render", &elsewhere, &[], 2);
}

#[test]
fn a_lock_cannot_be_had() {
    let place = Workplace::with_project();
    place.make_executable(".venv/bin/dbt", "#!/bin/sh\n");
    let invalid = ["invoke", "--lock", "a/b", "--", "build"];
    place.fails("invalid_lock", &invalid, &[], 2);
    let variable = [("PREFECT_DBT_LOCK", "a/b")];
    let build = ["invoke", "--no-prefect", "--", "build"];
    place.fails("invalid_lock_variable", &build, &variable, 2);
    let variable = [("PREFECT_DBT_LOCK", "auto")];
    place.fails("lock_without_api", &build, &variable, 3);
    let api = StubApi::start(a_limit_that_is_not_active);
    let api = [("PREFECT_API_URL", api.url.as_str())];
    let locked = [
        "invoke",
        "--flow-run-id",
        FLOW_RUN,
        "--lock",
        "shop",
        "--",
        "build",
    ];
    place.fails("limit_is_not_active", &locked, &api, 2);
    place.write(
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: postgres, host: \"{{ env_var('NOT_SET_HERE') }}\"}}}\n",
    );
    let locked = [
        "invoke",
        "--flow-run-id",
        FLOW_RUN,
        "--lock",
        "auto",
        "--",
        "build",
    ];
    place.fails("lock_of_an_unknown_host", &locked, &api, 2);
    let locked = [
        "invoke",
        "--flow-run-id",
        FLOW_RUN,
        "--lock",
        "auto",
        "--",
        "retry",
    ];
    place.fails("lock_of_a_retry", &locked, &api, 2);
}

fn a_limit_that_is_not_active(request: &str) -> (u16, String) {
    match request.contains("/v2/concurrency_limits/shop") {
        true => {
            let id = FLOW_RUN;
            let limit = r#""name":"shop","limit":1,"active":false,"active_slots":0"#;
            (200, format!(r#"{{"id":"{id}",{limit}}}"#))
        }
        false => (404, "{}".to_owned()),
    }
}

fn no_blocks_and_one_variable(request: &str) -> (u16, String) {
    match request {
        "POST /api/variables/filter" => {
            let variable =
                r#"{"id":"00000000-0000-0000-0000-000000000001","name":"target","value":"dev"}"#;
            (200, format!("[{variable}]"))
        }
        request if request.contains("filter") || request.ends_with("block_documents") => {
            (200, "[]".to_owned())
        }
        _ => (404, r#"{"detail":"Object not found"}"#.to_owned()),
    }
}

#[test]
fn parameters_are_wrong() {
    let place = Workplace::with_project();
    let api = StubApi::start(|request| match request {
        "GET /api/csrf-token" => (422, "{}".to_owned()),
        request if request.ends_with("set_state") => (
            201,
            r#"{"status":"ACCEPT","state":null,"details":{}}"#.to_owned(),
        ),
        _ => (
            200,
            stub_api::flow_run(FLOW_RUN, r#"{"selct":"a","threads":0}"#),
        ),
    });
    let api = [("PREFECT_API_URL", api.url.as_str())];
    let build = [
        "invoke",
        "--engine",
        "--flow-run-id",
        FLOW_RUN,
        "--",
        "build",
    ];
    place.fails("wrong_parameters", &build, &api, 2);
}

#[test]
fn a_deployment_is_wrong() {
    let place = Workplace::with_project();
    let api = StubApi::start(|request| match request {
        "POST /api/work_pools/filter" => (200, format!("[{}]", stub_api::work_pool("prod"))),
        "GET /api/work_pools/prod" => (200, stub_api::work_pool("prod")),
        _ => (404, r#"{"detail":"Work pool not found"}"#.to_owned()),
    });
    let api = [("PREFECT_API_URL", api.url.as_str())];
    let pool = ["deploy", "nightly", "--work-pool", "prd", "--", "build"];
    place.fails("unknown_work_pool", &pool, &api, 2);
    let cron = [
        "deploy",
        "nightly",
        "--work-pool",
        "prod",
        "--cron",
        "0 25 * * *",
        "--",
        "build",
    ];
    place.fails("wrong_cron", &cron, &api, 2);
    let parameter = [
        "deploy",
        "nightly",
        "--work-pool",
        "prod",
        "--param",
        "selct=a",
        "--",
        "build",
    ];
    place.fails("wrong_deployment_parameter", &parameter, &api, 2);
    let options = [
        "deploy",
        "nightly",
        "--work-pool",
        "prod",
        "--invoke-options",
        "--timout 3",
        "--",
        "build",
    ];
    place.fails("wrong_invoke_options", &options, &api, 2);
    place.fails("deploy_without_api", &pool, &[], 3);
}

#[test]
fn nothing_can_be_replayed() {
    let place = Workplace::with_project();
    let refused = stub_api::refused_url();
    let api = [("PREFECT_API_URL", refused.as_str())];
    place.fails("replay_of_a_missing_file", &["replay", "x.jsonl"], &[], 2);
    place.write("x.jsonl", "{\"header\": \n");
    place.fails("replay_without_api", &["replay", "x.jsonl"], &[], 3);
    place.fails(
        "replay_of_a_damaged_journal",
        &["replay", "x.jsonl"],
        &api,
        2,
    );
    place.write(".prefect-dbt/0.jsonl", "nonsense\n");
    place.fails("replay_of_a_folder", &["replay", "."], &api, 2);
}

#[test]
fn nothing_can_be_listed() {
    let place = Workplace::new();
    place.fails("ls_without_project", &["ls"], &[], 2);
    place.write("dbt_project.yml", "name: shop\n");
    place.fails("ls_without_manifest", &["ls"], &[], 2);
    place.write("target/manifest.json", "{\"metadata\": [}");
    place.fails("ls_with_a_damaged_manifest", &["ls"], &[], 2);
    place.write("dbt_project.yml", "name: [shop\n");
    place.fails("ls_with_a_damaged_project", &["ls"], &[], 2);
}

#[test]
fn a_plan_cannot_be_made() {
    let place = Workplace::with_project();
    place.fails("plan_without_a_manifest", &["plan", "--", "build"], &[], 2);
    place.fails("plan_of_a_list", &["plan", "--", "ls"], &[], 2);
    place.fails("plan_of_another_command", &["plan", "--", "deps"], &[], 2);
    place.fails(
        "plan_with_a_misplaced_flag",
        &["plan", "--full-refresh", "--", "build"],
        &[],
        2,
    );
    let manifest = r#"{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"}, "nodes": {}}"#;
    place.write("target/manifest.json", manifest);
    let wrong = ["plan", "--", "build", "--select", "tga:x"];
    place.fails("plan_with_an_invalid_selection", &wrong, &[], 2);
}

#[test]
fn a_page_cannot_be_made() {
    let place = Workplace::with_project();
    place.fails("report_without_runs", &["report"], &[], 2);
    place.fails("report_of_an_unknown_run", &["report", FLOW_RUN], &[], 2);
    place.fails("report_of_no_journal", &["report", "profiles.yml"], &[], 2);
    place.fails(
        "report_without_artifacts",
        &["report", "--artifacts", "target"],
        &[],
        2,
    );
    place.write("target/run_results.json", "{");
    place.fails("report_of_broken_artifacts", &["report"], &[], 2);
}
