package schemas

import "time"

// Snippet is one snippet of the workspace.
type Snippet struct {
	ID        string    `col:"snippet_id,key" doc:"the snippet's id" from:"id"`
	Title     string    `col:"title,null" doc:"its title" from:"title"`
	IsPrivate *bool     `col:"is_private" doc:"whether only the workspace sees it" from:"is_private"`
	Creator   Account   `col:"creator" doc:"who wrote it" from:"creator"`
	CreatedOn time.Time `col:"created_on,null" doc:"when it was written" from:"created_on"`
	UpdatedOn time.Time `col:"updated_on,null" doc:"when it was last changed" from:"updated_on"`
	Synced
}

// Snippets is the table of Snippet.
var Snippets = table[Snippet]("snippets", 1, "", "One snippet of the workspace that the connected account sees.").
	from("/snippets/{workspace}")
