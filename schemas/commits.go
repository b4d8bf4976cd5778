package schemas

import "time"

// Commit is one commit of a repository.
type Commit struct {
	RepositoryUUID string    `col:"repository_uuid,key,repeats" doc:"the repository; a fork has the commits of what it was forked from, too" from:"(the repository that is asked)"`
	Hash           string    `col:"commit_hash,key,lookup" doc:"the commit's hash, all forty characters" from:"hash"`
	CommittedOn    time.Time `col:"committed_on" doc:"the commit's date" from:"date"`
	Message        string    `col:"message,null" doc:"its message" from:"message"`
	Author         Account   `col:"author" doc:"who wrote it, as far as Bitbucket knows the e-mail address" from:"author.user"`
	IdentityID     string    `col:"identity_id,null,repeats,pii" doc:"the name and address that git knows the author by: a row of commit_identities" from:"author.raw"`
	ParentHashes   string    `col:"parent_hashes,null" doc:"its parents, the first one first, as a JSON list; a merge has several" from:"parents.hash"`
	IsMerge        bool      `col:"is_merge" doc:"whether it has several parents" from:"(how many parents there are)"`
	Synced
}

// Commits is the table of Commit.
var Commits = table[Commit]("commits", 1, "committed_on",
	"One commit of a repository. Commits that a forced push or a deleted branch has left behind stay: they were made. Month: of the commit's date.").
	from("/repositories/{workspace}/{repo_slug}/commits")
