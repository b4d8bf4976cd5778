package schemas

import "time"

// StoryLink says that something in Bitbucket names a story.
type StoryLink struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository of the object" from:"(the repository that is asked)"`
	ObjectType     string    `col:"object_type,key,repeats" doc:"pull_request or commit" from:"(where the key stands)"`
	ObjectID       string    `col:"object_id,key" doc:"the pull request's number, or the commit's hash" from:"(id of the pull request, hash of the commit)"`
	StoryKey       string    `col:"story_key,key,lookup" doc:"the story's key in Jira, such as ABC-12" from:"(title and source.branch.name of the pull request, message of the commit)"`
	FoundIn        string    `col:"found_in,key,repeats" doc:"where the key stands: title or branch of a pull request, or message of a commit" from:"(where the key stands)"`
	UserUUID       string    `col:"user_uuid,null,repeats" doc:"who opened the pull request or wrote the commit; null for a deleted account" from:"(author of the pull request or the commit)"`
	UserType       string    `col:"user_type,repeats" doc:"user, app_user, team, deleted or unknown" from:"(author of the pull request or the commit)"`
	LinkedOn       time.Time `col:"linked_on" doc:"when the pull request was opened, or the commit's date" from:"(created_on of the pull request, date of the commit)"`
	Synced
}

// StoryLinks is the table of StoryLink.
var StoryLinks = table[StoryLink]("story_links", 1, "linked_on",
	"One mention of a story's key in a pull request's title or source branch, or in a commit's message. A key that was edited away keeps the row, with deleted_at. Month: of linked_on.").
	from("/repositories/{workspace}/{repo_slug}/pullrequests, /repositories/{workspace}/{repo_slug}/commits")
