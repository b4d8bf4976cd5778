package extract

import (
	"context"

	"bucketlake/extract/bitbucket"
)

// Issues reads the issues of each repository, by updated_on. Bitbucket removed the tracker on
// 2026-08-20, whatever the scopes of the grant.
var Issues = Stream{
	Name: "issues",
	Reader: perIssue(func(_ context.Context, _ Source, _ bitbucket.Parent, issues []bitbucket.Issue) ([]any, error) {
		return anys(issues), nil
	}),
}
