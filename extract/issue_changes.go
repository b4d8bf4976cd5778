package extract

import (
	"fmt"

	"bucketlake/extract/bitbucket"
)

// IssueChanges reads what was changed on each issue. Retired, as Issues is.
var IssueChanges = Stream{
	Name: "issue_changes",
	Reader: perIssue(ofIssues("changes",
		func(c *bitbucket.IssueChange, issue int64) { c.Issue = issue }, func(c bitbucket.IssueChange) string { return fmt.Sprint(c.ID) })),
}
