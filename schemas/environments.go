package schemas

// Environment is one place that pipelines deploy to.
type Environment struct {
	RepositoryUUID string `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	UUID           string `col:"environment_uuid,key" doc:"the environment's uuid, in braces" from:"uuid"`
	Name           string `col:"name,null,repeats" doc:"its name" from:"name"`
	Slug           string `col:"slug,null,repeats" doc:"its short name" from:"slug"`
	Type           string `col:"environment_type,null,repeats" doc:"Test, Staging or Production" from:"environment_type.name"`
	Rank           *int64 `col:"environment_rank" doc:"its place among those of its type" from:"rank"`
	IsHidden       *bool  `col:"is_hidden" doc:"whether it is hidden" from:"hidden"`
	Lock           string `col:"lock_state,null,repeats" doc:"OPEN, or LOCKED while something is deployed" from:"lock.name"`
	IsAdminOnly    *bool  `col:"is_admin_only" doc:"whether only administrators may deploy to it" from:"restrictions.admin_only"`
	Synced
}

// Environments is the table of Environment.
var Environments = table[Environment]("environments", 1, "", "One environment that the pipelines of a repository deploy to.").
	from("/repositories/{workspace}/{repo_slug}/environments")
