"""dbt 2's table of options and variables: what it takes, and what it refuses."""

import os
import sys

TRUE = {"y", "yes", "t", "true", "on", "1"}
FALSE = {"n", "no", "f", "false", "off", "0"}
LEVELS = "off|error|warn|info|debug|trace"
KINDS = "model|source|seed|snapshot|test|unit_test|analysis|function|semantic_model|metric|saved_query"
CACHES = "build run test seed snapshot"
SHOWS = "build run test compile show"
ANALYSED = "build run test seed snapshot compile show retry"

# Spellings, kind of value, variable, and the commands that take the option; none means all of them.
# Kinds: switch, text, path, number, a|b|c (one of these), list (one or more words, split at spaces), id.
TABLE = """
-t,--target                      text     DBT_TARGET
--profile                        text     DBT_PROFILE
--project-dir                    path     DBT_PROJECT_DIR
--profiles-dir                   path     DBT_PROFILES_DIR
--target-path                    path     DBT_TARGET_PATH
--log-path                       path     DBT_LOG_PATH
--packages-install-path          path     DBT_PACKAGES_INSTALL_PATH
--vars                           text     -
-s,--select,--models,-m          list     -
--exclude                        list     -
--selector                       text     -
--indirect-selection             eager|cautious|buildable|empty DBT_INDIRECT_SELECTION
-q,--quiet                       switch   DBT_QUIET
--no-quiet                       switch   -
--threads                        number   -
--no-parallel                    switch   DBT_NO_PARALLEL
--compute                        remote|inline|sidecar|local|service DBT_COMPUTE
--warn-error                     switch   DBT_WARN_ERROR
--no-warn-error                  switch   -
--warn-error-options             text     DBT_WARN_ERROR_OPTIONS
-d,--debug                       switch   DBT_DEBUG
--no-debug                       switch   DBT_DEBUG
--log-format                     text|json|default|otel! DBT_LOG_FORMAT
--log-format-file                text|json|default|otel! DBT_LOG_FORMAT_FILE
--log-level                      LEVELS   DBT_LOG_LEVEL
--log-level-file                 LEVELS   DBT_LOG_LEVEL_FILE
--log-file-max-bytes             number   DBT_LOG_FILE_MAX_BYTES
--otel-file-name                 text     DBT_OTEL_FILE_NAME
--otel-parquet-file-name         text     DBT_OTEL_PARQUET_FILE_NAME
--export-to-otlp                 switch   DBT_EXPORT_TO_OTLP
--invocation-id                  id       DBT_INVOCATION_ID
--parent-span-id                 text     DBT_PARENT_SPAN_ID
--write-json                     switch   DBT_WRITE_JSON
--no-write-json                  switch   -
--write-catalog                  switch   DBT_WRITE_CATALOG
--write-metadata                 switch   DBT_WRITE_METADATA
--write-index,--use-index        switch   DBT_USE_INDEX
--write-lineage                  switch   DBT_WRITE_LINEAGE
--metadata-dir                   path     DBT_METADATA_DIR
--index-dir                      path     DBT_INDEX_DIR
--defer                          switch   DBT_DEFER
--no-defer                       switch   -
--state                          path     DBT_STATE
--defer-state                    path     DBT_DEFER_STATE
--favor-state                    switch   DBT_FAVOR_STATE
--no-favor-state                 switch   DBT_NO_FAVOR_STATE
-x,--fail-fast                   switch   DBT_FAIL_FAST
--no-fail-fast                   switch   DBT_NO_FAIL_FAST
--empty                          switch   -
--no-empty                       switch   -
--store-failures                 switch   DBT_STORE_FAILURES
--introspect                     switch   DBT_INTROSPECT
--no-introspect                  switch   -
--partial-parse                  switch   DBT_PARTIAL_PARSE
--no-partial-parse               switch   DBT_PARTIAL_PARSE
--partial-load                   switch   DBT_PARTIAL_LOAD
--dirty                          switch   DBT_DIRTY
--version-check                  switch   DBT_VERSION_CHECK
--no-version-check               switch   DBT_DISABLE_VERSION_CHECK
--send-anonymous-usage-stats     switch   DBT_SEND_ANONYMOUS_USAGE_STATS
--no-send-anonymous-usage-stats  switch   -
--event-time-start               text     DBT_EVENT_TIME_START
--event-time-end                 text     DBT_EVENT_TIME_END
--manage-state                   switch   -
--no-manage-state                switch   -
--task-cache-url                 text     DBT_TASK_CACHE_URL
--show                           list     -
--host                           text     -
--port                           number   -
--export-saved-queries           switch   DBT_EXPORT_SAVED_QUERIES
--skip-semantic-manifest-validation switch DBT_SKIP_SEMANTIC_MANIFEST_VALIDATION
--maximum-seed-size-mib          number   DBT_MAXIMUM_SEED_SIZE_MIB
--show-all-deprecations          switch   DBT_SHOW_ALL_DEPRECATIONS
--print                          switch   DBT_PRINT
--no-print                       switch   DBT_PRINT
--use-colors                     switch   DBT_USE_COLORS
--no-use-colors                  switch   DBT_USE_COLORS
--static-parser                  switch   DBT_STATIC_PARSER
--no-static-parser               switch   DBT_STATIC_PARSER
--populate-cache                 switch   DBT_POPULATE_CACHE
--no-populate-cache              switch   DBT_POPULATE_CACHE
--cache-selected-only            switch   DBT_CACHE_SELECTED_ONLY
--no-cache-selected-only         switch   DBT_CACHE_SELECTED_ONLY
--log-cache-events               switch   DBT_LOG_CACHE_EVENTS
--no-log-cache-events            switch   DBT_LOG_CACHE_EVENTS
--macro-debugging                switch   DBT_MACRO_DEBUGGING
--no-macro-debugging             switch   DBT_MACRO_DEBUGGING
--partial-parse-file-diff        switch   DBT_PARTIAL_PARSE_FILE_DIFF
--no-partial-parse-file-diff     switch   DBT_PARTIAL_PARSE_FILE_DIFF
--partial-parse-file-path        path     DBT_PARTIAL_PARSE_FILE_PATH
--printer-width                  number   DBT_PRINTER_WIDTH
-r,--record-timing-info          path     DBT_RECORD_TIMING_INFO
--use-colors-file                switch   DBT_USE_COLORS_FILE
--no-use-colors-file             switch   DBT_USE_COLORS_FILE
--use-experimental-parser        switch   DBT_USE_EXPERIMENTAL_PARSER
--no-use-experimental-parser     switch   DBT_USE_EXPERIMENTAL_PARSER
--use-fast-test-edges            switch   DBT_USE_FAST_TEST_EDGES
--no-use-fast-test-edges         switch   DBT_USE_FAST_TEST_EDGES
--static-analysis                off|baseline|strict|on|unsafe DBT_STATIC_ANALYSIS ANALYSED
-f,--full-refresh                switch   DBT_FULL_REFRESH build run seed compile clone
--force-node-selection           switch   - CACHES
--run-cache-mode                 noop|read-write|write-only - CACHES
--resource-type,--resource-types KINDS*   DBT_RESOURCE_TYPES build test compile show ls
--exclude-resource-type,--exclude-resource-types KINDS* DBT_EXCLUDE_RESOURCE_TYPES build test compile show ls
--limit                          text     - build run test compile show ls
--output,--format                table|csv|tsv|json|ndjson|yml|selector|name|path - SHOWS ls
--output-keys                    list     - ls
--inline                         text     - compile show
--sample                         text     DBT_SAMPLE build run
--with-sample                    switch   - SHOWS
--sampled                        switch   - SHOWS
--check-all                      switch   - freshness
--args                           text     - run-operation
--sql                            text     - run-operation
--connection                     switch   - debug
--add-package                    text     - deps
--upgrade                        switch   - deps
--lock                           switch   - deps
--no-compile                     switch   - docs
--output-dir                     text     - docs
"""

COMMANDS = set(
    "build run test seed snapshot compile show ls list clone parse deps clean debug docs source retry run-operation init man login state".split()
)
# Commands of two words.
PAIRS = {"source": ("freshness", "snapshot-freshness"), "docs": ("generate", "serve"), "state": ("explain",)}
# Names that are only known behind DBT_ENGINE_; every other name behind it is that of an option, or refused.
ENGINE_ONLY = set(
    "BATCH_TESTS MANAGE_STATE STATE_API_URL STATE_HOME STATE_EMIT_REUSED_STATUS RESOURCE_TYPES EXCLUDE_RESOURCE_TYPES EMPTY HOST "
    "ARTIFACT_STATE_PATH DEFER_TO_STATE NO_PRINT USE_V2_PARSER SQLPARSE INVOCATION_ENV DOWNLOAD_DIR".split()
)
# Options whose variable has no form behind DBT_ENGINE_.
NO_ENGINE = set("DIRTY INDEX_DIR METADATA_DIR PARTIAL_LOAD USE_INDEX WRITE_LINEAGE WRITE_METADATA".split())


class Option:
    def __init__(self, line):
        spellings, kind, variable, *commands = line.split()
        self.spellings = spellings.split(",")
        self.name = next(s for s in self.spellings if s.startswith("--"))[2:].replace("-", "_")
        self.variable = variable if variable != "-" else None
        self.commands = {word for name in commands for word in globals().get(name, name).split()}
        kind = kind.replace("LEVELS", LEVELS).replace("KINDS", KINDS)
        self.is_list = kind == "list" or kind.endswith("*")
        self.has_case = kind.endswith("!")
        kind = kind.rstrip("*!")
        self.choices = kind.split("|") if "|" in kind else None
        self.kind = kind

    def read(self, text, origin):
        """The value of a text; ends the process as clap does if it is none."""
        if self.kind == "switch":
            word = text.lower()
            if word not in TRUE | FALSE:
                refuse(f"invalid value '{text}' for '{origin}'\n  [possible values: true, false]")
            return word in TRUE
        if self.choices:
            known = text if self.has_case else text.lower()
            if known not in self.choices:
                refuse(f"invalid value '{text}' for '{origin}'\n  [possible values: {', '.join(self.choices)}]")
            return known
        if self.kind == "number" and not text.isdigit():
            refuse(f"invalid value '{text}' for '{origin}': invalid digit found in string")
        if self.kind == "id" and len(text.replace("-", "")) != 32 and not text.isdigit():
            refuse(f"invalid value '{text}' for '{origin}': not a UUID")
        return text


OPTIONS = [Option(line) for line in TABLE.strip().splitlines()]


def refuse(text, code=2):
    print(f"error: {text}", file=sys.stderr)
    sys.exit(code)


def load_environment():
    """Sets what a .env of the working directory adds, then lets DBT_ENGINE_X win over DBT_X. Gives the names that are refused."""
    if os.path.isfile(".env"):
        for line in open(".env", encoding="utf-8"):
            name, equals, value = line.strip().partition("=")
            if equals and not name.startswith("#"):
                os.environ.setdefault(name.strip(), value.strip().strip("\"'"))
    options = {o.variable[len("DBT_"):] for o in OPTIONS if o.variable} - NO_ENGINE
    refused = []
    for variable, value in sorted(os.environ.items()):
        if not variable.startswith("DBT_ENGINE_"):
            continue
        name = variable[len("DBT_ENGINE_"):]
        if name in options and name not in ENGINE_ONLY:
            os.environ[f"DBT_{name}"] = value
        elif name not in ENGINE_ONLY:
            refused.append(variable)
    return refused


def parse(words):
    """The command (one or two words), the free words and the options. Ends the process as dbt 2 does on a mistake."""
    values, free, command = {}, [], ""
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            free += words
            break
        if not word.startswith("-") or word == "-":
            if not command and word not in COMMANDS:
                refuse(f"unrecognized subcommand '{word}'")
            if not command:
                command = word
            elif command in PAIRS:
                command = f"{command} {word}"
            else:
                free.append(word)
            continue
        for option, value in options_of(word, words):
            if option.is_list:
                values.setdefault(option.name, []).extend(value)
            elif option.name in values:
                refuse(f"the argument '--{option.name}' cannot be used multiple times")
            else:
                values[option.name] = value
    if not command:
        refuse("'dbt' requires a subcommand but one was not provided")
    first, _, second = command.partition(" ")
    if first in PAIRS and second not in PAIRS[first]:
        refuse(f"unrecognized subcommand '{command}'")
    command = {"list": "ls", "source snapshot-freshness": "source freshness"}.get(command, command)
    complete(values, command)
    return command, free, values


def options_of(word, words):
    """The options of a word, with the values that follow it. -xq are two options, -tprod is one with its value."""
    name, equals, joined = word.partition("=")
    letters = [] if word.startswith("--") else list(word[1:])
    if letters:
        name, joined, equals = f"-{letters[0]}", word[2:], ""
    option = next((o for o in OPTIONS if name in o.spellings), None)
    if option is None:
        refuse(f"unexpected argument '{name}' found", code=1)
    if option.kind == "switch":
        if equals:
            refuse(f"unexpected value '{joined}' for '{name}' found; no more were expected")
        rest = options_of(f"-{joined}", words) if letters and joined else []
        return [(option, True), *rest]
    if joined or equals:
        found = [joined.lstrip("=")]
    elif words and not (words[0].startswith("-") and option.name not in ("vars", "limit", "inline")):
        found = [words.pop(0)]
    else:
        refuse(f"a value is required for '{name}' but none was supplied")
    if not option.is_list:
        return [(option, option.read(found[0], name))]
    while words and not words[0].startswith("-"):
        found.append(words.pop(0))
    return [(option, [option.read(part, name) for text in found for part in text.split()])]


def complete(values, command):
    """Adds what variables say, and refuses options of other commands."""
    first = command.split()[-1] if command.startswith("source") else command.split()[0]
    for option in OPTIONS:
        takes = not option.commands or first in option.commands
        if option.name in values and not takes:
            refuse(f"unexpected argument '{option.spellings[-1]}' found", code=1)
        text = os.environ.get(option.variable or "")
        if text is None or option.name in values or not takes:
            continue
        if text == "" and option.kind != "text":
            refuse(f"invalid value '' for '--{option.name.replace('_', '-')}': a value is required")
        value = [option.read(part, option.variable) for part in text.split()] if option.is_list else option.read(text, option.variable)
        values[option.name] = value
    if values.get("selector") and values.get("select"):
        refuse("the argument '--selector' cannot be used with '--select'")
