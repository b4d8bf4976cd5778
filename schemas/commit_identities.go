package schemas

// CommitIdentity is a name and an e-mail address that git knows authors by.
type CommitIdentity struct {
	ID       string  `col:"identity_id,key,pii" doc:"made from the name and the address" from:"author.raw"`
	Name     string  `col:"git_name,null,pii" doc:"the name that git was told" from:"author.raw"`
	Email    string  `col:"git_email,null,pii" doc:"the e-mail address that git was told, in lower case" from:"author.raw"`
	Owner    Account `col:"owner,null" doc:"whose address it is, null where nothing says so" from:"author.user"`
	Evidence string  `col:"evidence,null,repeats" doc:"what says so: bitbucket, where Bitbucket names the account beside the address; null where nothing does" from:"(whether author.user is there)"`
	Synced
}

// CommitIdentities is the table of CommitIdentity.
var CommitIdentities = table[CommitIdentity]("commit_identities", 1, "",
	"One name and e-mail address that commits bear. Addresses that belong to no account are never taken for somebody's because they look alike.").
	from("/repositories/{workspace}/{repo_slug}/commits")
