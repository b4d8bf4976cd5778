package bitbuckettest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveSteps lists the steps of a pipeline: two, of which one deploys where the pipeline did. Beside what is asked for they bear what nobody should
// keep: the password of a registry and a token to clone with.
func (q *request) serveSteps() (*answer, error) {
	for _, p := range q.repo.pipelines {
		if p.uuid == q.vars["{pipeline_uuid}"] {
			return listing[string]{rows: []string{"Build and test", "Deploy"}, most: 50, request: q, show: func(name string) object { return q.step(p, name) }}.page(), nil
		}
	}
	return nil, notFound("There is no such pipeline")
}

func (q *request) step(p *pipeline, name string) object {
	uuid := "{5" + p.uuid[2:]
	if name == "Deploy" {
		uuid = "{6" + p.uuid[2:]
		for _, d := range q.repo.deployments {
			if d.pipeline == p {
				uuid = d.step
			}
		}
	}
	command := []any{object{"commandType": "system", "name": "clone", "command": "git clone https://x-token-auth:very-secret-token@bitbucket.org/" + q.fullName(q.repo)}}
	o := object{
		"type": "pipeline_step", "uuid": uuid, "name": name, "run_number": 1, "maxTime": 120, "pipeline": object{"type": "pipeline", "uuid": p.uuid},
		"trigger": object{"type": "pipeline_step_trigger_automatic"}, "state": object{"type": "pipeline_step_state_in_progress", "name": "IN_PROGRESS"},
		"image":          object{"name": "registry.example/go", "username": "ci", "password": "very-secret-password"},
		"setup_commands": command, "script_commands": command, "teardown_commands": []any{}, "started_on": nano(p.created), "duration_in_seconds": 0, "build_seconds_used": 0,
	}
	if p.result != "" {
		seconds := int(p.completed.Sub(p.created) / (2 * time.Second))
		o["completed_on"], o["duration_in_seconds"], o["build_seconds_used"] = nano(p.completed), seconds, seconds
		o["state"] = object{"type": "pipeline_step_state_completed", "name": "COMPLETED", "result": object{
			"type": "pipeline_step_state_completed_" + strings.ToLower(p.result), "name": p.result,
		}}
	}
	return o
}

// redirectDiffstat sends the client to the repository's own list, without what it asked for beside. Assumed: of a fork that is gone there is no common
// ancestor.
func (q *request) redirectDiffstat() (*answer, error) {
	if q.pull.source.gone {
		return nil, badRequest("No common ancestor")
	}
	to := fmt.Sprintf("/repositories/%s/diffstat/%s..%s?from_pullrequest_id=%d", q.fullName(q.repo), q.pull.source.hash, q.pull.dest.hash, q.pull.id)
	return &answer{status: 302, contentType: typeText, header: http.Header{"Location": {q.api(to)}}}, nil
}

// serveDiffstat shows one to four files, as the hash of the source has it.
func (q *request) serveDiffstat() (*answer, error) {
	seed, err := strconv.ParseUint(q.vars["{spec}"][:min(12, len(q.vars["{spec}"]))], 16, 64)
	if err != nil {
		return nil, noCommit(q.vars["{spec}"])
	}
	rows := make([]int, 1+seed%4)
	for i := range rows {
		rows[i] = i
	}
	return listing[int]{rows: rows, most: 500, request: q, show: func(i int) object {
		file := object{"type": "commit_file", "path": files[i], "escaped_path": files[i]}
		return object{"type": "diffstat", "status": "modified", "lines_added": int(seed>>(8*i)) & 0xff, "lines_removed": int(seed>>(4+8*i)) & 0x3f, "old": file, "new": file}
	}}.page(), nil
}
