"""Views that `hindtrace sql` offers besides the tables: what a person should look at, and who won of a group."""

from labelers.askers import own_questions, without_verdicts
from labelers.kit.questions import ENSEMBLE, GOAL, HUMAN
from pipelines.agree.calibration import EARLY
from pipelines.agree.ensembles import DISAGREEMENT, NO_VERDICTS


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_QUESTION = f"""
case when split_part(labeler, '/', 1) = '{ENSEMBLE}' then coalesce(nullif(split_part(labeler, '/', 3), ''), '{GOAL}')
     when split_part(labeler, '/', 1) in ({_listed(own_questions())}) then split_part(labeler, '/', 1)
     else '{GOAL}' end
"""
"""`labelers.askers.question_of` in SQL; a test holds them against each other."""

REVIEW = f"""
with opinion as (
    select *, {_QUESTION} as question, split_part(labeler, '/', 1) = '{ENSEMBLE}' as together
    from labels
    where subject in ('step', 'span', 'trajectory', 'instruction', 'pair')
      and coalesce(rule, '') not in ({_listed(NO_VERDICTS)})
),
subject as (
    select trajectory_id, subject, first_step, last_step, instruction_id, other_id, question,
        count(*) filter (verdict = 'good' and not together) as good,
        count(*) filter (verdict = 'neutral' and not together) as neutral,
        count(*) filter (verdict = 'harmful' and not together) as harmful,
        coalesce(bool_or(together and rule = '{DISAGREEMENT}'), false) as disputed,
        coalesce(bool_or(labeler = '{HUMAN}' and verdict <> 'abstain'), false) as settled,
        min(abs(score - 3) / 2) filter (not together and question = '{GOAL}' and score between 1 and 5) as decided_by,
        list(struct_pack(labeler := labeler, version := labeler_version, verdict := verdict, score := score,
                         rule := rule, reason := reason)
             order by labeler, labeler_version, sample, label_id) as verdicts
    from opinion
    where question not in ({_listed(without_verdicts())})
    group by trajectory_id, subject, first_step, last_step, instruction_id, other_id, question
),
open as (
    select *, disputed or (good > 0)::int + (neutral > 0)::int + (harmful > 0)::int > 1 as disagreement,
        good + neutral + harmful as votes,
        greatest(good, neutral, harmful) as most, least(good, neutral, harmful) as fewest
    from subject
    where not settled and (disputed or good + neutral + harmful > 0)
),
app as (
    select app, count(*) / sum(count(*)) over () as share from trajectories group by app
)
select
    row_number() over (order by disagreement desc, margin, late desc, app_share, turn, trajectory_id) as place,
    * exclude (turn, screen_before, screen_after), screen_before, screen_after
from (select *,
    row_number() over (partition by trajectory_id
                       order by disagreement desc, margin, late desc, subject, step nulls first,
                                instruction_id nulls first, other_id nulls first, question) as turn
from (
    select open.trajectory_id, open.subject, open.question, open.first_step as step, open.last_step,
        open.instruction_id, open.other_id, trajectories.app,
        coalesce(instructions.text, trajectories.goal) as aim,
        steps.action.kind as action, steps.target.role as target_role, steps.target.name as target_name,
        steps.thought, steps.before.location as location,
        open.disagreement,
        round(least(case when votes = 0 then 0 else (2 * most + fewest - votes) / votes end,
                    coalesce(open.decided_by, 1)), 4) as margin,
        open.subject = 'step' and open.first_step >= {EARLY} as late,
        round(app.share, 4) as app_share, open.verdicts,
        steps.before.screen as screen_before, steps.after.screen as screen_after
    from open
    join trajectories using (trajectory_id)
    join app on app.app = trajectories.app
    left join instructions on instructions.instruction_id = open.instruction_id
        and instructions.trajectory_id = open.trajectory_id
    left join steps on open.subject = 'step' and steps.trajectory_id = open.trajectory_id
        and steps.step_index = open.first_step
))
order by place
"""
"""Subjects of verdicts, those first that a person's answer says most about: labelers differ, then a small margin (of
votes, or of a score from the middle of 1 to 5), late steps, rare apps, and then from each trajectory in turn. Without
what people have answered, and what nobody has decided."""

WINS = f"""
with game as (
    select labeler, labeler_version, trajectory_id as player, other_id as other, verdict from labels
    where subject = 'pair' and verdict <> 'abstain' and {_QUESTION} = 'pairwise'
    union all
    select labeler, labeler_version, other_id, trajectory_id,
        case verdict when 'good' then 'harmful' when 'harmful' then 'good' else verdict end from labels
    where subject = 'pair' and verdict <> 'abstain' and {_QUESTION} = 'pairwise'
),
played as (
    select labeler, labeler_version, player,
        count(*) filter (verdict = 'good') as wins, count(*) filter (verdict = 'harmful') as losses,
        count(*) filter (verdict = 'neutral') as ties
    from game group by labeler, labeler_version, player
)
select labeler, labeler_version, trajectories."group", player as trajectory_id, wins, losses, ties,
    rank() over (partition by labeler, labeler_version, trajectories."group" order by wins - losses desc) as rank
from played join trajectories on trajectories.trajectory_id = player
order by labeler, labeler_version, "group", rank, player
"""
"""Of each group of rollouts, how many pairs each episode won by a pairwise judge; rank 1 is the best, ties are kept."""

VIEWS = {"review": REVIEW, "wins": WINS}
