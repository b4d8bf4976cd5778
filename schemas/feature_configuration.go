package schemas

// FeatureConfiguration says that a feature without an actor is set up in a repository.
type FeatureConfiguration struct {
	RepositoryUUID string `col:"repository_uuid,key,null" doc:"the repository; null for what is set up for the whole workspace" from:"(repository_uuid of what is set up)"`
	Feature        string `col:"feature,key,repeats" doc:"webhooks, branch_restrictions, environments, default_reviewers or pipelines" from:"(the table that says so)"`
	Repository     string `col:"repository,null" doc:"the repository's slug, as it is now" from:"repositories.slug"`
	ProjectKey     string `col:"project_key,null,repeats" doc:"its project, as it is now" from:"projects.project_key"`
	ProjectName    string `col:"project_name,null,repeats" doc:"that project's name" from:"projects.name"`
	Items          int64  `col:"items" doc:"how many there are; of webhooks those that are called, of pipelines the runs" from:"(rows that are not deleted, counted)"`
	Synced
}

// FeatureConfigurations is the table of FeatureConfiguration.
var FeatureConfigurations = derived(table[FeatureConfiguration]("feature_configuration", 1, "",
	"One feature that is set up in one repository, or in the workspace, and that nobody is seen to use. Where there is no row it is not set up, or the connected account may not see it.")).
	from("webhooks, workspace_webhooks, branch_restrictions, environments, default_reviewers, pipelines")
