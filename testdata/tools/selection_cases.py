"""What real dbt is asked: selections, queues and output. Order and number are free; each case stands alone."""

MODES = ["eager", "cautious", "buildable", "empty"]

# One line, one value of --select.
METHODS = r"""
* library stacks library.* lendings stg_items stg_* *lend* lib?ary [sl]tg_items [!s]* [x title?
library.staging staging staging.* staging.base staging.base.base_genres library.lending.lendings lending.lendings nothing
stg_same library.stg_same stacks.stg_same stacks.shelves.stg_same
reader reader.v1 reader.v2 reader_v1 reader_v2 v2 library.reader.v2 anything.reader.v2 reader.* reader.v* lending.reader.v1
fee fee.v0 fee.v1 fee.v1.5 fee_v1.5 fee_v0 lending.fee.v1.5 fee*5 plan.valpha plan_vbeta plan.alpha
odd.name odd name lending.odd.name odd.*
double_count semantic.loans_made loans_made loans_by_day reading_room lendings_keep_ids people_history items_history look
tag:staging tag:hot tag:h?t tag:[hp]* tag:level:gold tag:level:* tag:kpi tag:saved tag:quick tag:unit tag:screens tag:helper tag:extra tag:vendor tag:raw tag:pii tag:none tag: tag.more:hot tag:slow
group:catalogue group:cat* group:keepers group:front_desk group:
access:public access:private access:protected access:pub* access:
source:* source:desk source:desk.lendings source:library.desk.items source:desk* source:desk_eu source:desk_eu.no.dots source:desk_eu.no?dots source:*.scans.* source:stacks.scans.tags source:*.lendings source:a.b.c.d source:
path:models path:models/staging path:models/staging/ path:models/staging/*.sql path:models/staging/*.yml path:./models//staging path:models/**/*.sql path:models/** path:** path:* path:seeds path:seeds/codes/genres.csv path:extra_models path:packages path:dbt_packages path:models/shelves path:models/shelves/shelves.sql path:tests/nested path:snapshots path:functions path:nowhere path:../rich path:models/lending/reader_v[12].sql path:models/lending/blank* path:m*/s* path:models/stag** path:/etc path: path:. path:models/semantic/semantic.yml path:analyses path:models/{staging,lending}
models/staging models/staging/stg_items.sql stg_items.sql STG_ITEMS.SQL readers.csv scored.py semantic.yml tests/nested/lent_titles.sql ./models models/a:b
file:stg_items.sql file:stg_items file:*.csv file:staging.yml file:staging file:odd.name.sql file:odd.name file:odd file:scored.py file:functions.yml file:stg_*
package:library package:stacks package:this package:st* package:none package:THIS
config.materialized:view config.materialized:ephemeral config.materialized:table config.materialized:tab* config.materialized:incremental config.enabled:true config.enabled:True config.enabled:false
config.tags:hot config.tags:pii config.meta.layer:staging config.meta.owner:desk config.meta.level:3 config.meta.pii:true config.meta.pii:FALSE config.meta.checks:a config.meta.checks:true config.meta.checks:1 config.meta.sla.hours:4 config.meta.sla.days:1 config.meta.items:x config.meta.deep.er.est:here config.meta.deep.er:here config.meta.odd-key:1 config.meta.layer.more:x
config.severity:warn config.severity:WARN config.severity:error config.severity:ERROR config.group:catalogue config.schema:hits config.docs.node_color:gold config.unique_key:id config.nothing:x config.nothing:None config:x config.contract.enforced:true config.quote_columns:false config.freshness.warn_after.period:hour config.pre_hook:x config.strategy:check config.persist_docs.relation:true config.store_failures:false config.loaded_at_field:x
test_name:unique test_name:not_null test_name:at_least test_name:three_models test_name:relationships test_name:lendings_have_readers test_name:*null test_name:lendings_keep_ids test_name:fees_agree
test_type:generic test_type:singular test_type:unit test_type:data test_type:schema test_type:sing test_type:u test_type:t test_type:n test_type:it test_type:da test_type: test_type:other
resource_type:model resource_type:seed resource_type:snapshot resource_type:test resource_type:unit_test resource_type:source resource_type:exposure resource_type:metric resource_type:semantic_model resource_type:saved_query resource_type:function resource_type:analysis resource_type:macro resource_type:doc resource_type:group resource_type:fixture resource_type:operation resource_type:models resource_type: resource_type:data_test
exposure:* exposure:board exposure:stacks.board exposure:library.* exposure:read* exposure:a.b.c
metric:* metric:loans_made metric:library.overdue* metric:a.b.c +metric:overdue_share metric:loans_made+
semantic_model:* semantic_model:loans_sm semantic_model:a.b.c saved_query:* saved_query:library.loans_by_day saved_query:a.b.c
unit_test:* unit_test:reader_keeps_names unit_test:reader_keeps_names_v1 unit_test:library.over* unit_test:a.b.c
version:latest version:old version:prerelease version:none version:newest version:
tags:hot function:double_count model:titles selector:pair wildcard:x 1:2 http://x .:x :x my-tag:x Tag:hot fqn:lendings fqn..:lendings fqn:source
state result source_status
"""

OPERATORS = r"""
+lendings lendings+ +lendings+ 1+lendings lendings+1 2+popular stg_items+2 0+lendings lendings+0 007+popular @stg_items @stg_items+ @+titles @2+titles @base_genres
++lendings lendings++ lendings+1+2 1.5+lendings -1+lendings a+lendings 1x+ + @ 1+ +@ @@lendings +1 1+1
+source:desk.items source:desk.items+ source:desk+1 +exposure:reading_room 1+exposure:* +saved_query:* saved_query:*+ +metric:* @metric:loans_made +function:x resource_type:function+ +path:models/catalogue 1+path:models/catalogue tag:hot+ +tag:+hot tag:hot+1 @tag:pii +unit_test:overdue_only +test_type:singular test_type:unit+ readers+ 3+year_two year_one+ @year_one after_blank blank+ +after_blank +stg_lendings+
stg_lendings,tag:hot tag:daily,config.materialized:table +popular,stg_items+ tag:pii,resource_type:snapshot a,,b ,lendings lendings, tag:hot,,tag:pii stg_*,staging,tag:hot @stg_items,tag:daily source:*,tag:pii nothing,lendings +year_two,1+year_two,tag:slow
"""

MODED = r"""
stg_lendings stg_people stg_items lendings titles popular reader.v1 fee.v0 source:desk.items source:desk tag:pii path:models/staging +titles titles+ @stg_items 1+popular stg_lendings,staging *
"""

# Values with spaces, several values, exclusion.
COMBINED = [
    (["stg_lendings stg_people"], []),
    (["stg_lendings", "stg_people"], []),
    (["stg_lendings  stg_people "], []),
    (["stg_lendings stg_people stg_items"], []),
    (["fee.v0 fee.v1"], []),
    (["stg_lendings source:desk.items"], []),
    (["titles lendings popular"], []),
    ([""], []),
    (["", "titles"], []),
    (["tag:hot\ttag:pii"], []),
    (["tag:hot\ntag:pii"], []),
    ([], ["tag:staging"]),
    ([], [""]),
    ([], ["source:*"]),
    ([], ["*"]),
    (["staging"], ["stg_items"]),
    (["staging"], ["stg_items+"]),
    (["staging"], ["lendings_have_readers"]),
    (["test_type:data"], ["stg_lendings"]),
    (["test_type:generic"], ["stg_people", "titles"]),
    (["+popular"], ["+titles"]),
    (["tag:daily nothing"], ["nobody tag:slow"]),
    (["tag:daily"], ["popular,tag:daily"]),
    (["source:desk"], ["source:desk.people"]),
    (["stg_people"], ["test_type:unit"]),
    (["titles"], ["nope:x"]),
    (["nope:x also:bad"], ["@titles+"]),
    (["unit_test:*"], ["reader"]),
    (["@stg_items"], ["1+titles"]),
]

KINDS = [
    {"resource_types": ["model"]},
    {"resource_types": ["test"]},
    {"resource_types": ["unit_test"]},
    {"resource_types": ["model", "source"]},
    {"resource_types": ["all"]},
    {"resource_types": ["default"]},
    {"resource_types": ["default", "analysis"]},
    {"resource_types": ["analysis"]},
    {"resource_types": ["function"]},
    {"exclude_resource_types": ["test"]},
    {"exclude_resource_types": ["test", "unit_test", "source"]},
    {"resource_types": ["all"], "exclude_resource_types": ["model"]},
    {"resource_types": ["nonsense"]},
    {"resource_types": ["MODEL"]},
    {"exclude_resource_types": ["default"]},
]

STATES = {
    "previous": """
        state:new state:old state:modified state:unmodified state:modified.body state:modified.configs state:modified.relation
        state:modified.persisted_descriptions state:modified.macros state:modified.contract state:modified+ +state:new state:odd state:
        state.modified:body state:Modified 1+state:modified.body,tag:staging
        result:success result:error result:skipped result:fail result:pass result:warn result:no-op result:odd result:error+ result: result:err*
        source_status:fresher source_status:fresher+ source_status:pass
        """,
    "breaking": "state:modified state:modified.contract state:unmodified state:new state:modified.body result:error source_status:fresher",
    "results_only": "result:error result:skipped state:new source_status:fresher",
}

SELECTORS = """
text operators at comma_is_text pair pair_is_verbatim dotted full children depth_zero depth_zero_text depth_alone truthy both_ways
childrens_parents cautious buildable empty without level level_float pii is_one null_key mapping joined joined_cautious met swallowed inherited
inherited_less twice unknown
"""

# Definitions in a selectors.yml of their own; `it` is selected.
DEFINITIONS = [
    "{name: it, definition: [tag:hot]}",
    "{name: it, definition: {method: fqn, value: titles, children: true, childrens_parents: true}}",
    "{name: it, definition: {method: fqn, value: titles, parents: true, parents_depth: -1}}",
    "{name: it, definition: {method: fqn, value: titles, parents: true, parents_depth: 1.9}}",
    "{name: it, definition: {method: fqn, value: titles, parents: true, parents_depth: x}}",
    "{name: it, definition: {method: fqn, value: titles, indirect_selection: odd}}",
    "{name: it, definition: {method: odd, value: titles}}",
    "{name: it, definition: {method: fqn, value: titles, unheard_of: 1}}",
    "{name: it, definition: {method: fqn}}",
    "{name: it, definition: {tag: hot, fqn: titles}}",
    "{name: it, definition: {selector: it}}",
    "{name: it, definition: {method: selector, value: later}}\n  - {name: later, definition: titles}",
    "{name: it, definition: {union: titles}}",
    "{name: it, definition: {union: []}}",
    "{name: it, definition: {intersection: []}}",
    "{name: it, definition: {union: [titles, {exclude: [tag:hot]}, {exclude: [tag:pii]}]}}",
    "{name: it, definition: {union: [titles], intersection: [titles]}}",
    "{name: it, definition: {union: [{union: [titles], intersection: [stg_items]}]}}",
    "{name: it, definition: {intersection: [tag:daily, {exclude: []}]}}",
    "{name: it, definition: {union: [1]}}",
    "{name: it, definition: '@titles+'}",
    "{name: it, definition: 'odd:x'}",
    "{name: it, definition: ''}",
    "{name: it}",
    "{definition: titles}",
    "{name: it, definition: titles, odd: 1}",
    "{name: it, definition: titles, default: true}\n  - {name: that, definition: titles, default: true}",
    "{name: it, definition: \"{{ 'titles' }}\"}",
    "{name: it, definition: \"{{ target.name }}\"}",
    "{name: it, definition: \"{{ env_var('SURELY_NOT_SET') }}\"}",
    "{name: other, definition: titles}",
]


def case(select=(), exclude=(), **rest):
    return {"select": list(select), "exclude": list(exclude)} | rest


def selections():
    yield case()
    for text in (METHODS + OPERATORS).split():
        yield case([text])
    for text in MODED.split():
        for mode in MODES[1:]:
            yield case([text], indirect_selection=mode)
            yield case(["test_type:data"], [text], indirect_selection=mode)
    for select, exclude in COMBINED:
        yield case(select, exclude)
    for select, exclude in COMBINED[:8]:
        for mode in MODES[1:]:
            yield case(select, exclude, indirect_selection=mode)
    yield case(["titles"], indirect_selection="Cautious")
    for kinds in KINDS:
        yield case(**kinds)
        yield case(["titles look"], **kinds)
    for state, texts in STATES.items():
        for text in texts.split():
            yield case([text], state=state)
    yield case(["state:modified"], ["state:modified.macros"], state="previous")
    yield case(["state:modified"], indirect_selection="cautious", state="previous")
    for name in SELECTORS.split():
        yield case(selector=name)
    yield case(["titles"], ["tag:hot"], selector="pair")
    yield case(selector="without", indirect_selection="cautious")
    yield case(selector="joined", indirect_selection="cautious")
    yield case(selector="pii", resource_types=["test"])
    for text in DEFINITIONS:
        yield case(selector="it", selectors_yml=f"selectors:\n  - {text}\n")
    default = "selectors:\n  - {name: it, definition: stg_items, default: true}\n"
    yield case(selectors_yml=default)
    yield case(["titles"], selectors_yml=default)
    yield case([], ["titles"], selectors_yml=default)
    for broken in ("selectors: {}\n", "odd: 1\n", "selectors: [\n", "- titles\n", "selectors: []\nmore: 1\n"):
        yield case(["titles"], selectors_yml=broken)


# What dbt 1.12 has added.
LATER = r"""
selector:pair selector:pai* selector:*air selector:p* +selector:pair selector:pair+1 @selector:pair selector:pair,tag:hot selector:with?ut selector:cautious
selector:nobody selector: selector:joined selector:inherited selector:met selector.x:pair Selector:pair selector:[mp]et
"""


def of_every_version():
    """The cases that every version is asked; none needs an earlier state."""
    yield case()
    for text in (METHODS + OPERATORS + LATER).split():
        yield case([text])
    for text in MODED.split()[:9]:
        for mode in MODES[1:]:
            yield case([text], indirect_selection=mode)
    for select, exclude in COMBINED:
        yield case(select, exclude)
    for kinds in KINDS:
        yield case(**kinds)
    for name in SELECTORS.split():
        yield case(selector=name)


def queues():
    for command in ("build", "run", "test", "seed", "snapshot", "compile", "clone", "source freshness"):
        yield case(command=command)
        yield case(["stg_items+"], command=command)
        yield case(["@titles"], ["popular"], command=command)
    for text in ("stg_lendings popular", "reader+", "tag:hot", "blank+", "+year_two", "path:models/staging", "source:desk+", "fee.v0 weekly"):
        for command in ("build", "run", "test"):
            yield case(text.split(), command=command)
    for mode in MODES[1:]:
        yield case(["stg_lendings", "lendings"], command="build", indirect_selection=mode)
    yield case(["stg_items+"], command="build", resource_types=["model", "test"])
    yield case(["stg_items+"], command="build", exclude_resource_types=["unit_test", "test"])
    yield case(command="test", resource_types=["unit_test"])
    yield case(command="build", selector="met")


def outputs():
    keys = ["unique_id", "name", "alias", "depends_on.nodes", "config.materialized", "config.meta", "config.meta.owner", "tags", "nothing", "version"]
    for form in ("selector", "name", "path", "json"):
        yield {"args": ["--output", form]}
        yield {"args": ["--output", form, "--select", "staging", "--resource-type", "model"]}
        yield {"args": ["--output", form, "--select", "nothing"]}
    yield {"args": []}
    yield {"args": ["--models", "stg_items+"]}
    yield {"args": ["--models", "stg_items", "--resource-type", "test"]}
    yield {"args": ["--models", "stg_items", "--select", "titles"]}
    yield {"args": ["--resource-type", "all", "--output", "json", "--output-keys", *keys]}
    yield {"args": ["--output", "name", "--output-keys", "unique_id", "--select", "titles"]}
    yield {"args": ["--select", "stg_items", "titles", "--exclude", "test_type:data"]}
    yield {"args": ["--output", "odd"]}
