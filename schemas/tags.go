package schemas

import "time"

// Tag is one tag of a repository.
type Tag struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	Name           string    `col:"tag_name,key" doc:"the tag's name" from:"name"`
	Message        string    `col:"message,null" doc:"its message; null for a tag that is only a name for a commit" from:"message"`
	CommitHash     string    `col:"commit_hash,null" doc:"the commit that it stands at" from:"target.hash"`
	Tagger         Account   `col:"tagger,null" doc:"who tagged, null where nobody is named; type unknown where the address belongs to no account" from:"tagger.user"`
	TaggedOn       time.Time `col:"tagged_on,null" doc:"when it was tagged" from:"date"`
	Synced
}

// Tags is the table of Tag.
var Tags = table[Tag]("tags", 1, "", "One tag of a repository.").
	from("/repositories/{workspace}/{repo_slug}/refs/tags")
