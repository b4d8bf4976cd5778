package schemas

import "time"

// StoryLink says that something in Bitbucket names a story.
type StoryLink struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository of the object"`
	ObjectType     string    `col:"object_type,key,repeats" doc:"pull_request or commit"`
	ObjectID       string    `col:"object_id,key" doc:"the pull request's number, or the commit's hash"`
	StoryKey       string    `col:"story_key,key" doc:"the story's key in Jira, such as ABC-12"`
	FoundIn        string    `col:"found_in,key,repeats" doc:"where the key stands: title or branch of a pull request, or message of a commit"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who opened the pull request or wrote the commit; null for a deleted account"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team, deleted or unknown"`
	LinkedOn       time.Time `col:"linked_on" doc:"when the pull request was opened, or the commit's date"`
	Synced
}

// StoryLinks is the table of StoryLink.
var StoryLinks = table[StoryLink]("story_links", 1, "linked_on",
	"One mention of a story's key in a pull request's title or source branch, or in a commit's message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.")
