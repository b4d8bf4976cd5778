package schemas

import "time"

// StoryLink says that something in Bitbucket names a story.
type StoryLink struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository of the object"`
	ObjectType     string    `col:"object_type,key,repeats" doc:"pull_request"`
	ObjectID       string    `col:"object_id,key" doc:"the pull request's number"`
	StoryKey       string    `col:"story_key,key" doc:"the story's key in Jira, such as ABC-12"`
	FoundIn        string    `col:"found_in,key,repeats" doc:"where the key stands: title or branch"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who opened the pull request; null for a deleted account"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team or deleted"`
	LinkedOn       time.Time `col:"linked_on" doc:"when the pull request was opened"`
	Synced
}

// StoryLinks is the table of StoryLink.
var StoryLinks = table[StoryLink]("story_links", 1, "linked_on",
	"One mention of a story's key in a pull request's title or source branch. A key that was edited away keeps the row, with deleted_at. Month: when the pull request was opened.")
