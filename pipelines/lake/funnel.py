"""The funnel: how many episodes, steps, instructions and rows there are, and where they went."""

from collections.abc import Mapping

from pipelines.lake.delta import Lake
from pipelines.lake.sql import connect
from schemas.proofs import EXPERIMENT

# Who names the table of screens has all images read, to see whether they are what was written.
_QUERIES = {
    "Recorded": """
        with explored as (select * from trajectories where lane is null),
            walked as (select s.* from steps s semi join explored using (trajectory_id))
        select 'episodes', count(*) from explored union all
        select 'episodes that ended by ' || ended_by, count(*) from explored group by ended_by union all
        select 'episodes whose task was ' || if(success, 'done', 'not done'), count(*) from explored
            where success is not null group by success union all
        select 'steps', count(*) from walked union all
        select 'steps: ' || result, count(*) from walked group by result union all
        select 'distinct screen' || 's', count(distinct screen) from (
            select unnest([before.screen, after.screen]) as screen from walked) union all
        select 'distinct trees', count(distinct tree) from (
            select unnest([before.tree, after.tree]) as tree from walked) union all
        select 'distinct states (structure)', count(distinct structure) from states semi join explored
            using (trajectory_id) union all
        select 'distinct states (content)', count(distinct content) from states semi join explored
            using (trajectory_id)""",
    "Instructions": f"""
        with said as (select * from instructions where labeler <> '{EXPERIMENT}')
        select level || ' level', count(*) from said group by level union all
        select 'of them, ' || kind || 's', count(*) from said where kind in ('thought', 'variant', 'check')
            group by kind union all
        select level || ' level, distinct texts', count(distinct text) from said group by level""",
    "Proofs": f"""
        with tried as (
            select instruction_id, bool_or(copy is not null) as proven, bool_or(verdict = 'failed') as refuted
            from proofs group by instruction_id)
        select 'attempts', count(*) from trajectories where lane is not null having count(*) > 0 union all
        select case when proven then 'tasks proven' when refuted then 'tasks refuted' else 'tasks not decided' end,
            count(*) from tried group by all union all
        select lane || ': ' || verdict, count(*) from proofs group by lane, verdict union all
        select 'steps that were ' || rule, count(*) from labels where labeler = '{EXPERIMENT}' group by rule union all
        select 'tasks composed of those', count(*) from instructions
            where labeler = '{EXPERIMENT}' and parts is not null and claim is not null having count(*) > 0""",
    "Labels": f"""
        select subject || ': ' || verdict, count(*) from labels where labeler <> '{EXPERIMENT}'
            group by subject, verdict""",
    "Calls": """
        select labeler || ': ' || status, count(*) from calls group by labeler, status union all
        select 'tokens in', coalesce(sum(input_tokens), 0) from calls having count(*) > 0 union all
        select 'tokens in, kept by the server', coalesce(sum(cached_tokens), 0) from calls having count(*) > 0 union all
        select 'tokens out', coalesce(sum(output_tokens), 0) from calls having count(*) > 0 union all
        select 'US cents', round(coalesce(sum(money), 0) * 100)::bigint from calls having count(*) > 0""",
    "Questions": """
        with counted as (
            select regexp_extract(configuration, '"labeler":"([^"]*)"', 1) as labeler, unnest(counts) as count from runs
            where job = 'annotate'
        ), decided as (
            select labeler, sum(count.count) filter (count.name = 'questions asked') as asked,
                sum(count.count) filter (count.name = 'questions decided by rules') as ruled
            from counted group by labeler
        ), prices as (
            select labeler, avg(money) as money from calls where input_tokens > 0 group by labeler
        )
        select labeler || ': asked', asked::bigint from decided where asked > 0 union all
        select labeler || ': decided by rules', ruled::bigint from decided where ruled > 0 union all
        select labeler || ': US cents saved, by estimate', round(ruled * money * 100)::bigint
            from decided join prices using (labeler) where ruled > 0 and money is not null""",
    "Rejected": """
        select job || ': ' || rule, count(*) from rejects group by job, rule""",
}
_ROLES = """
    select use || ' / ' || role || ' / ' || rule, count(*) from decisions where curation = ? group by use, role, rule
    order by 1"""


def funnel(lake: Lake) -> Mapping[str, Mapping[str, int]]:
    """Counts by stage of the way, and the roles of every curation; stages that hold nothing are left out.

    Raises:
        LakeError: if the lake can't be read.
    """
    connection = connect(lake)
    try:
        parts = {title: dict(connection.execute(text).fetchall()) for title, text in _QUERIES.items()}
        names = connection.execute("select distinct curation from decisions order by 1").fetchall()
        for (name,) in names:
            parts[f"Curation {name}: use / role / rule"] = dict(connection.execute(_ROLES, [name]).fetchall())
    finally:
        connection.close()
    return {
        title: counts if title == "Recorded" or title.startswith("Curation") else dict(sorted(counts.items()))
        for title, counts in parts.items()
        if counts
    }
