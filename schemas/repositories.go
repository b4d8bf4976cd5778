package schemas

import "time"

// Repository is one repository.
type Repository struct {
	UUID        string    `col:"repository_uuid,key" doc:"the repository's uuid, in braces; it survives renames and moves" from:"uuid"`
	Slug        string    `col:"slug" doc:"the repository's id in addresses" from:"slug"`
	FullName    string    `col:"full_name" doc:"workspace and slug" from:"full_name"`
	Name        string    `col:"name" doc:"the repository's name" from:"name"`
	Description string    `col:"description,null" doc:"the repository's description" from:"description"`
	ProjectUUID string    `col:"project_uuid,null,repeats" doc:"the project that the repository belongs to" from:"project.uuid"`
	ProjectKey  string    `col:"project_key,null,repeats" doc:"the key of that project" from:"project.key"`
	IsPrivate   *bool     `col:"is_private" doc:"whether only people with access see the repository" from:"is_private"`
	Language    string    `col:"main_language,null,repeats" doc:"the main language that its settings name" from:"language"`
	MainBranch  string    `col:"main_branch,null,repeats" doc:"the main branch; null while the repository is empty" from:"mainbranch.name"`
	ForkPolicy  string    `col:"fork_policy,null,repeats" doc:"allow_forks, no_public_forks or no_forks" from:"fork_policy"`
	ParentUUID  string    `col:"parent_uuid,null" doc:"the repository that this one was forked from" from:"parent.uuid" refers:"repositories"`
	SizeBytes   *int64    `col:"size_bytes" doc:"size on Bitbucket's disks, in bytes" from:"size"`
	HasIssues   *bool     `col:"has_issues" doc:"whether the issue tracker was on (retired by Bitbucket in August 2026)" from:"has_issues"`
	HasWiki     *bool     `col:"has_wiki" doc:"whether the wiki was on (retired by Bitbucket in August 2026)" from:"has_wiki"`
	CreatedOn   time.Time `col:"created_on,null" doc:"when the repository was created" from:"created_on"`
	UpdatedOn   time.Time `col:"updated_on,null" doc:"when the repository was last changed" from:"updated_on"`
	Synced
}

// Repositories is the table of Repository.
var Repositories = table[Repository]("repositories", 1, "", "One repository of the workspace.").
	from("/repositories/{workspace}")
