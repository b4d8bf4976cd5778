package extract

import (
	"fmt"

	"bucketlake/extract/bitbucket"
)

// IssueComments reads the comments on each issue that changed. Retired, as Issues is.
var IssueComments = Stream{
	Name: "issue_comments",
	Reader: perIssue(ofIssues("comments",
		func(c *bitbucket.IssueComment, issue int64) { c.Issue = issue }, func(c bitbucket.IssueComment) string { return fmt.Sprint(c.ID) })),
}
