package schemas

// BranchRestriction is one rule for branches of a repository.
type BranchRestriction struct {
	RepositoryUUID string `col:"repository_uuid,key,repeats" doc:"the repository" from:"(the repository that is asked)"`
	ID             int64  `col:"restriction_id,key" doc:"the rule's number" from:"id"`
	Kind           string `col:"kind,repeats" doc:"what is ruled, such as push, force, delete or require_approvals_to_merge" from:"kind"`
	MatchKind      string `col:"branch_match_kind,null,repeats" doc:"glob or branching_model: how branches are told" from:"branch_match_kind"`
	Pattern        string `col:"pattern,null,repeats" doc:"for glob: the branches" from:"pattern"`
	BranchType     string `col:"branch_type,null,repeats" doc:"for branching_model: the branches" from:"branch_type"`
	Required       *int64 `col:"required_count" doc:"how many are asked for, where the kind counts" from:"value"`
	Users          string `col:"user_uuids,null,repeats" doc:"accounts that are exempt, as a JSON list of uuids in order" from:"users.uuid"`
	Groups         string `col:"group_slugs,null,repeats" doc:"groups that are exempt, as a JSON list in order" from:"groups.slug"`
	Synced
}

// BranchRestrictions is the table of BranchRestriction.
var BranchRestrictions = table[BranchRestriction]("branch_restrictions", 1, "", "One rule for branches of a repository. Bitbucket shows them to administrators of the repository only.").
	from("/repositories/{workspace}/{repo_slug}/branch-restrictions")
