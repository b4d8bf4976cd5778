package usage

import (
	"fmt"
	"strings"

	"bucketlake/schemas"
)

// The queries are written for Athena, in the part of SQL that DuckDB speaks, too: tests hold what they give against the
// page. Workspaces are slugs and days are digits, so nothing has to be quoted.

// daily is the condition on feature_usage_daily that leaves people in a period. The months spare the engine the others.
func (r *Report) daily(table string, p Period, more ...string) string {
	at := ""
	if table != "" {
		at = table + "."
	}
	conditions := append([]string{
		fmt.Sprintf("%sworkspace = '%s'", at, r.Workspace),
		fmt.Sprintf("%smonth between '%s' and '%s'", at, schemas.Month(p.From.Time()), schemas.Month(p.To.Time())),
		fmt.Sprintf("%susage_date between date '%s' and date '%s'", at, day(p.From), day(p.To)),
		at + "user_type = 'user'",
	}, more...)
	return strings.Join(conditions, "\n  and ")
}

func (r *Report) activeSQL() string {
	return fmt.Sprintf(`select cast(date_trunc('%s', usage_date) as date) as %[1]s_start,
  count(distinct user_uuid) as people,
  sum(case when feature <> 'stories' then events else 0 end) as events
from feature_usage_daily
where %s
group by 1
order by 1`, r.Unit, r.daily("", r.Period))
}

func (r *Report) seatsSQL() string {
	return fmt.Sprintf(`select month_start, seats, active_seats, idle_seats, never_used_seats, utilization
from seat_utilization_monthly
where %s
order by month_start`, r.ofMonths())
}

func (r *Report) adoptionSQL() string {
	return fmt.Sprintf(`select feature, month_start, users, share_of_active, new_users, returning_users, lapsed_users, events
from feature_adoption_monthly
where %s
order by feature, month_start`, r.ofMonths())
}

func (r *Report) ofMonths() string {
	return fmt.Sprintf("workspace = '%s'\n  and month_start between date '%s' and date '%s'", r.Workspace, day(r.months.From), day(r.months.To))
}

func (r *Report) featuresSQL() string {
	if r.Period.Whole {
		return fmt.Sprintf(`select feature, count(distinct user_uuid) as people, sum(events) as events
from feature_usage_daily
where %s
group by feature
order by people desc, events desc, feature`, r.daily("", r.Period))
	}
	from := day(r.Period.From)
	return fmt.Sprintf(`select feature,
  count(distinct case when usage_date >= date '%s' then user_uuid end) as people,
  sum(case when usage_date >= date '%[1]s' then events else 0 end) as events,
  count(distinct case when usage_date < date '%[1]s' then user_uuid end) as people_before,
  sum(case when usage_date < date '%[1]s' then events else 0 end) as events_before
from feature_usage_daily
where %s
group by feature
order by people desc, events desc, feature`, from, r.daily("", Period{From: r.Period.Before().From, To: r.Period.To}))
}

func (r *Report) peopleSQL() string {
	return fmt.Sprintf(`select a.user_uuid, a.user_display_name, a.status, a.last_seen,
  count(distinct d.usage_date) as active_days,
  count(distinct d.feature) as features_used,
  coalesce(sum(case when d.feature <> 'stories' then d.events end), 0) as events
from user_activity a
left join feature_usage_daily d on d.user_uuid = a.user_uuid
  and %s
where a.workspace = '%s'
group by a.user_uuid, a.user_display_name, a.status, a.last_seen
order by a.last_seen nulls first, a.user_display_name`, r.daily("d", r.Period), r.Workspace)
}

func (r *Report) projectsSQL() string {
	return fmt.Sprintf(`select project_key, project_name,
  count(distinct user_uuid) as people,
  sum(events) as events,
  count(distinct repository_uuid) as repositories,
  max(usage_date) as last_used
from feature_usage_daily
where %s
group by project_key, project_name
order by people desc, events desc, project_key`, r.daily("", r.Period, inRepositories...))
}

func (r *Report) repositoriesSQL() string {
	return fmt.Sprintf(`select repository_uuid, repository, project_key,
  count(distinct user_uuid) as people,
  sum(events) as events,
  max(usage_date) as last_used
from feature_usage_daily
where %s
group by repository_uuid, repository, project_key
order by people desc, events desc, project_key, repository`, r.daily("", r.Period, inRepositories...))
}

// inRepositories leaves out snippets, which belong to no repository, and stories, which tell again what other events tell.
var inRepositories = []string{"repository_uuid <> ''", "feature <> 'stories'"}

func (r *Report) storiesSQL() string {
	return fmt.Sprintf(`select story_key, people, pull_requests, commits, tasks, repositories, events,
  cast(first_activity as date) as first_day, cast(last_activity as date) as last_day
from story_activity
where workspace = '%s'
  and cast(last_activity as date) >= date '%s'
  and cast(first_activity as date) <= date '%s'
order by people desc, events desc, story_key`, r.Workspace, day(r.Period.From), day(r.Period.To))
}

func (r *Report) setUpSQL() string {
	return fmt.Sprintf(`select feature, count(distinct repository_uuid) as repositories, sum(items) as items
from feature_configuration
where workspace = '%s'
group by feature
order by repositories desc, feature`, r.Workspace)
}
