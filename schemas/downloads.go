package schemas

import "time"

// Download is one file beside a repository.
type Download struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	Name           string    `col:"file_name,key" doc:"the file's name; a new upload of the name takes its place" from:"name"`
	SizeBytes      int64     `col:"size_bytes" doc:"its size in bytes" from:"size"`
	Downloads      int64     `col:"download_count" doc:"how often it was fetched" from:"downloads"`
	Uploader       Account   `col:"uploader" doc:"who put it there" from:"user"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was put there" from:"created_on"`
	Synced
}

// Downloads is the table of Download.
var Downloads = table[Download]("downloads", 1, "", "One file that was put beside a repository for others to download.").
	from("/repositories/{workspace}/{repo_slug}/downloads")
