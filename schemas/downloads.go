package schemas

import "time"

// Download is one file beside a repository.
type Download struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository"`
	Name           string    `col:"file_name,key" doc:"the file's name; a new upload of the name takes its place"`
	SizeBytes      int64     `col:"size_bytes" doc:"its size in bytes"`
	Downloads      int64     `col:"download_count" doc:"how often it was fetched"`
	Uploader       Account   `col:"uploader" doc:"who put it there"`
	CreatedOn      time.Time `col:"created_on,null" doc:"when it was put there"`
	Synced
}

// Downloads is the table of Download.
var Downloads = table[Download]("downloads", 1, "", "One file that was put beside a repository for others to download.")
