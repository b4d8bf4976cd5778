package schemas

import "time"

// Snippet is one snippet of the workspace.
type Snippet struct {
	ID        string    `col:"snippet_id,key" doc:"the snippet's id"`
	Title     string    `col:"title,null" doc:"its title"`
	IsPrivate *bool     `col:"is_private" doc:"whether only the workspace sees it"`
	Creator   Account   `col:"creator" doc:"who wrote it"`
	CreatedOn time.Time `col:"created_on,null" doc:"when it was written"`
	UpdatedOn time.Time `col:"updated_on,null" doc:"when it was last changed"`
	Synced
}

// Snippets is the table of Snippet.
var Snippets = table[Snippet]("snippets", 1, "", "One snippet of the workspace that the connected account sees.")
