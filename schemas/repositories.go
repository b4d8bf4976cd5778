package schemas

import "time"

// Repository is one repository.
type Repository struct {
	UUID        string    `col:"repository_uuid,key" doc:"the repository's uuid, in braces; it survives renames and moves"`
	Slug        string    `col:"slug" doc:"the repository's id in addresses"`
	FullName    string    `col:"full_name" doc:"workspace and slug"`
	Name        string    `col:"name" doc:"the repository's name"`
	Description string    `col:"description,null" doc:"the repository's description"`
	ProjectUUID string    `col:"project_uuid,null,repeats" doc:"the project that the repository belongs to"`
	ProjectKey  string    `col:"project_key,null,repeats" doc:"the key of that project"`
	IsPrivate   *bool     `col:"is_private" doc:"whether only people with access see the repository"`
	Language    string    `col:"main_language,null,repeats" doc:"the main language that its settings name"`
	MainBranch  string    `col:"main_branch,null,repeats" doc:"the main branch; null while the repository is empty"`
	ForkPolicy  string    `col:"fork_policy,null,repeats" doc:"allow_forks, no_public_forks or no_forks"`
	ParentUUID  string    `col:"parent_uuid,null" doc:"the repository that this one was forked from"`
	SizeBytes   *int64    `col:"size_bytes" doc:"size on Bitbucket's disks, in bytes"`
	HasIssues   *bool     `col:"has_issues" doc:"whether the issue tracker was on (retired by Bitbucket in August 2026)"`
	HasWiki     *bool     `col:"has_wiki" doc:"whether the wiki was on (retired by Bitbucket in August 2026)"`
	CreatedOn   time.Time `col:"created_on,null" doc:"when the repository was created"`
	UpdatedOn   time.Time `col:"updated_on,null" doc:"when the repository was last changed"`
	Synced
}

// Repositories is the table of Repository.
var Repositories = table[Repository]("repositories", 1, "", "One repository of the workspace.")
