package schemas

import "time"

// Branch is one branch of a repository.
type Branch struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	Name           string    `col:"branch_name,key" doc:"the branch's name"`
	CommitHash     string    `col:"commit_hash,null" doc:"the commit that it stands at"`
	CommittedOn    time.Time `col:"committed_on,null" doc:"the date of that commit"`
	Author         Account   `col:"author,null" doc:"who wrote that commit"`
	StoryKeys      string    `col:"story_keys,null" doc:"the stories that its name names, as a JSON list in order"`
	Synced
}

// Branches is the table of Branch.
var Branches = table[Branch]("branches", 1, "", "One branch of a repository, as it stands now. A branch that was deleted keeps the row, with deleted_at.")
