package interop_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bucketlake/extract/bitbucket/bitbuckettest"
)

// An engine answers queries, its rows as text with columns divided by " | ".
type engine interface {
	query(t *testing.T, query string) []string
}

// checkLedger compares the usage tables, as an engine reads them, with what the people of the simulation did: every event, and
// every count.
func checkLedger(t *testing.T, e engine, ledger []bitbuckettest.Deed) {
	kinds := map[string]bool{}
	for _, e := range ledger {
		kinds[e.UserType] = true
	}
	for _, kind := range []string{"user", "app_user", "deleted", "unknown"} {
		if !kinds[kind] {
			t.Errorf("the ledger has no deed of an account of type %s: nothing here is tried on those", kind)
		}
	}
	for _, c := range []struct {
		name  string
		line  func(bitbuckettest.Deed) string
		query string
	}{
		{
			"each event", func(e bitbuckettest.Deed) string {
				first := "NULL"
				if len(e.Stories) > 0 {
					first = e.Stories[0] // the others have rows of their own
				}
				return line(e.Time.UnixMilli(), cmp.Or(e.User, "NULL"), e.UserType, e.Feature, e.Action, cmp.Or(e.ProjectKey, "NULL"),
					e.RepositoryUUID, cmp.Or(e.Repository, "NULL"), number(e.PullRequest),
					e.Object == "", cmp.Or(e.Object, strconv.Itoa(e.PullRequest)), first)
			},
			`SELECT epoch_ms(occurred_at), user_uuid, user_type, feature, action, project_key,
				repository_uuid, repository, pull_request_id,
				CASE object_type WHEN 'pull_request' THEN 'true' ELSE 'false' END, object_id, story_key, count(*)
			FROM usage_events GROUP BY ALL`,
		}, {
			"events a day, account, feature and repository", daily,
			`SELECT CAST(CAST(occurred_at AS DATE) AS VARCHAR), user_type, user_uuid, feature, repository_uuid, repository, project_key, count(*)
			FROM usage_events GROUP BY ALL`,
		}, {
			"feature_usage_daily", daily,
			`SELECT CAST(usage_date AS VARCHAR), user_type, user_uuid, feature, repository_uuid, repository, project_key, CAST(sum(events) AS BIGINT)
			FROM feature_usage_daily GROUP BY ALL`,
		}, {
			"events a feature and action", func(e bitbuckettest.Deed) string { return line(e.Feature, e.Action) },
			`SELECT feature, action, count(*) FROM usage_events GROUP BY ALL`,
		}, {
			"events a feature in feature_usage_daily", func(e bitbuckettest.Deed) string { return line(e.Feature) },
			`SELECT feature, CAST(sum(events) AS BIGINT) FROM feature_usage_daily GROUP BY ALL`,
		}, {
			"events a story", story,
			`SELECT story_key, count(*) FROM usage_events WHERE feature = 'stories' GROUP BY ALL`,
		}, {
			"events a story in story_activity", story,
			`SELECT story_key, events FROM story_activity`,
		},
	} {
		t.Run(c.name, func(t *testing.T) { compare(t, tally(ledger, c.line), e.query(t, c.query)) })
	}
}

// number writes a pull request's number; of what belongs to none, NULL.
func number(pullRequest int) string {
	if pullRequest == 0 {
		return "NULL"
	}
	return strconv.Itoa(pullRequest)
}

func daily(e bitbuckettest.Deed) string {
	return line(e.Time.UTC().Format(time.DateOnly), e.UserType, cmp.Or(e.User, "NULL"), e.Feature, e.RepositoryUUID, cmp.Or(e.Repository, "NULL"), cmp.Or(e.ProjectKey, "NULL"))
}

// story names the story of a deed that says on which one others worked.
func story(e bitbuckettest.Deed) string {
	if e.Feature != "stories" {
		return ""
	}
	return line(e.Stories[0])
}

// line writes values as duckdb.query does.
func line(values ...any) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprint(v)
	}
	return strings.Join(texts, " | ")
}

// tally counts deeds by what identifies them, and leaves out those that nothing does.
func tally(ledger []bitbuckettest.Deed, by func(bitbuckettest.Deed) string) []string {
	counts := map[string]int{}
	for _, e := range ledger {
		if s := by(e); s != "" {
			counts[s]++
		}
	}
	lines := make([]string, 0, len(counts))
	for s, n := range counts {
		lines = append(lines, line(s, n))
	}
	return lines
}

// compare compares lines as sets, both without repetition, and shows the first differences.
func compare(t *testing.T, want, got []string) {
	t.Helper()
	if len(want) == 0 {
		t.Error("the ledger says nothing of it: nothing is tried here")
	}
	missing, surplus := map[string]bool{}, map[string]bool{}
	for _, s := range want {
		missing[s] = true
	}
	for _, s := range got {
		if !missing[s] {
			surplus[s] = true
		}
		delete(missing, s)
	}
	for _, differ := range []struct {
		name  string
		lines map[string]bool
	}{{"in the ledger and not in the lake", missing}, {"in the lake and not in the ledger", surplus}} {
		if len(differ.lines) > 0 {
			first := slices.Sorted(maps.Keys(differ.lines))
			t.Errorf("%d lines of %d are %s, the first:\n%s", len(first), len(want), differ.name,
				strings.Join(first[:min(5, len(first))], "\n"))
		}
	}
}
