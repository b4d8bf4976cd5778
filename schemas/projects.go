package schemas

import "time"

// Project is one project of a workspace.
type Project struct {
	UUID        string    `col:"project_uuid,key" doc:"the project's uuid, in braces" from:"uuid"`
	Key         string    `col:"project_key" doc:"the project's key, such as WEB" from:"key"`
	Name        string    `col:"name" doc:"the project's name" from:"name"`
	Description string    `col:"description,null" doc:"the project's description" from:"description"`
	IsPrivate   *bool     `col:"is_private" doc:"whether only members see the project" from:"is_private"`
	CreatedOn   time.Time `col:"created_on,null" doc:"when the project was created" from:"created_on"`
	UpdatedOn   time.Time `col:"updated_on,null" doc:"when the project was last changed" from:"updated_on"`
	Synced
}

// Projects is the table of Project.
var Projects = table[Project]("projects", 1, "", "One project of the workspace.").
	from("/workspaces/{workspace}/projects")
