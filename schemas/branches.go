package schemas

import "time"

// Branch is one branch of a repository.
type Branch struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	Name           string    `col:"branch_name,key" doc:"the branch's name" from:"name"`
	CommitHash     string    `col:"commit_hash,null" doc:"the commit that it stands at" from:"target.hash"`
	CommittedOn    time.Time `col:"committed_on,null" doc:"the date of that commit" from:"target.date"`
	Author         Account   `col:"author,null" doc:"who wrote that commit" from:"target.author.user"`
	StoryKeys      string    `col:"story_keys,null" doc:"the stories that its name names, as a JSON list in order" from:"name"`
	Synced
}

// Branches is the table of Branch.
var Branches = table[Branch]("branches", 1, "", "One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.").
	from("/repositories/{workspace}/{repo_slug}/refs/branches")
