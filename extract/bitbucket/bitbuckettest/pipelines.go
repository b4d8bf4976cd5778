package bitbuckettest

import (
	"fmt"
	"net/url"
	"slices"
	"time"
)

// pipeline is one run. Only repositories with environments have pipelines.
type pipeline struct {
	uuid, trigger, ref string // trigger: PUSH, MANUAL or SCHEDULE
	number             int
	creator            *account // nil: a schedule
	pull               *pullRequest
	commit             *commit
	created, completed time.Time
	result             string // "" while it runs
	terminator         *account
}

// deployment is what a pipeline put into an environment.
type deployment struct {
	uuid, step         string
	number             int
	environment        *environment
	pipeline           *pipeline
	started, completed time.Time
	status             string // "" while it is under way
}

// runs is what the pipelines of a repository have done, oldest first.
type runs struct {
	pipelines   []*pipeline
	deployments []*deployment
}

func (r *repository) builds() bool { return len(r.environments) > 0 && r.mainbranch != "" }

// build begins a pipeline, which ends some minutes later, or now and then some days later.
func (w *world) build(r *repository, trigger, ref string, by *account, p *pullRequest, c *commit, at time.Time) *pipeline {
	run := w.beginBuild(r, trigger, ref, by, p, c, at)
	if run == nil {
		return nil
	}
	takes := time.Duration(60+w.side.IntN(1500)) * time.Second
	if w.side.Float64() < 0.03 {
		takes = time.Duration(24+w.side.IntN(200)) * time.Hour
	}
	w.at(at.Add(takes), func(at time.Time) *Change { return w.endBuild(r, run, at) })
	return run
}

// beginBuild begins a pipeline, in a repository that has some.
func (w *world) beginBuild(r *repository, trigger, ref string, by *account, p *pullRequest, c *commit, at time.Time) *pipeline {
	if !r.builds() {
		return nil
	}
	run := &pipeline{
		uuid: w.sideUUID(), trigger: trigger, ref: ref, number: len(r.pipelines) + 1, creator: by, pull: p, commit: c,
		created: at.Add(time.Duration(w.side.IntN(1000)) * time.Nanosecond),
	}
	r.pipelines = append(r.pipelines, run)
	return run
}

func (w *world) endBuild(r *repository, run *pipeline, at time.Time) *Change {
	if r.deleted {
		return nil
	}
	run.completed = at
	switch x := w.side.Float64(); {
	case x < 0.8:
		run.result = "SUCCESSFUL"
	case x < 0.93:
		run.result = "FAILED"
	default:
		run.result, run.terminator = "STOPPED", w.anybody(at)
	}
	if run.result == "STOPPED" && run.terminator == nil {
		run.result = "ERROR"
	}
	c := &Change{Time: at, Action: BuildEnded, Repository: r.slug}
	if run.terminator != nil {
		c.User, run.terminator.seen = run.terminator.uuid, at
	}
	if run.ref == r.mainbranch && run.result == "SUCCESSFUL" && w.side.Float64() < 0.7 {
		w.deploy(r, run, at)
	}
	return c
}

func (w *world) deploy(r *repository, run *pipeline, at time.Time) {
	d := &deployment{
		uuid: w.sideUUID(), step: w.sideUUID(), number: len(r.deployments) + 1, environment: pick2(w, r.environments), pipeline: run, started: at,
	}
	r.deployments = append(r.deployments, d)
	w.at(at.Add(time.Duration(30+w.side.IntN(300))*time.Second), func(at time.Time) *Change {
		if r.deleted {
			return nil
		}
		d.completed, d.status = at, pick2(w, []string{"SUCCESSFUL", "SUCCESSFUL", "SUCCESSFUL", "FAILED"})
		return &Change{Time: at, Action: Deployed, Repository: r.slug}
	})
}

// pipelineFields is what pipelines can be sorted by. They are shown the oldest first, and q is passed over.
var pipelineFields = fieldSet[*pipeline]{
	"created_on":        {time.Time{}, func(p *pipeline) any { return p.created }},
	"run_creation_date": {time.Time{}, func(p *pipeline) any { return p.created }},
}

// servePipelines answers for a repository that has none with an empty list, or, in every second one, with 404: both have been seen.
func (q *request) servePipelines() (*answer, error) {
	if !q.repo.builds() && q.repo.uuid[1]%2 == 0 {
		return nil, notFound("Pipelines are not enabled")
	}
	query := url.Values{"sort": q.query["sort"]}
	rows, err := filter(q.repo.pipelines, query, pipelineFields)
	if err != nil {
		return nil, err
	}
	return listing[*pipeline]{rows: rows, most: 100, request: q, show: q.pipeline}.page(), nil
}

func (q *request) servePipeline() (*answer, error) {
	for _, p := range q.repo.pipelines {
		if p.uuid == q.vars["{pipeline_uuid}"] {
			return q.detail(q.pipeline(p))
		}
	}
	return nil, notFound("There is no such pipeline")
}

// pipeline has links that lead to another host, as recorded.
func (q *request) pipeline(p *pipeline) object {
	full := q.fullName(q.repo)
	inside := "https://bitbucket-pipelines.prod.public.atl-paas.net/rest/1.0/accounts/" + q.repo.project.owner.uuid + "/repositories/" + q.repo.uuid + "/pipelines/" + p.uuid
	target := object{"type": "pipeline_ref_target", "ref_type": "branch", "ref_name": p.ref, "selector": object{"type": "default"}, "commit": q.commit(full, p.commit.hash)}
	if p.pull != nil {
		target = object{
			"type": "pipeline_pullrequest_target", "source": p.ref, "destination": q.repo.mainbranch, "commit": q.commit(full, p.commit.hash),
			"selector": object{"type": "pull-requests", "pattern": "**"}, "pullrequest": q.pullRequestWithin(p.pull),
		}
	}
	o := object{
		"type": "pipeline", "uuid": p.uuid, "build_number": p.number, "run_number": 1, "creator": q.account(p.creator), "created_on": nano(p.created),
		"repository": q.repositoryWithin(q.repo.uuid, full, q.repo.name), "target": target, "duration_in_seconds": 0, "build_seconds_used": 0,
		"first_successful": false, "expired": false, "has_variables": false, "links": object{"self": link(inside), "steps": link(inside + "/steps")},
		"trigger": object{"name": p.trigger, "type": map[string]string{"PUSH": "pipeline_trigger_push", "MANUAL": "pipeline_trigger_manual", "SCHEDULE": "pipeline_trigger_schedule"}[p.trigger]},
		"state":   object{"name": "IN_PROGRESS", "type": "pipeline_state_in_progress", "stage": object{"name": "RUNNING", "type": "pipeline_state_in_progress_running"}},
	}
	if p.result == "" {
		return o
	}
	kind := "pipeline_state_completed_" + map[string]string{"SUCCESSFUL": "successful", "FAILED": "failed", "STOPPED": "stopped", "ERROR": "error"}[p.result]
	result := object{"name": p.result, "type": kind}
	if p.result == "STOPPED" {
		result["terminator"] = q.account(p.terminator)
	}
	seconds := int(p.completed.Sub(p.created) / time.Second)
	o["completed_on"], o["duration_in_seconds"], o["build_seconds_used"] = nano(p.completed), seconds, seconds
	o["state"] = object{"name": "COMPLETED", "type": "pipeline_state_completed", "result": result}
	return o
}

// serveDeployments can't sort (node-bitbucket#102), and passes over q.
func (q *request) serveDeployments() (*answer, error) {
	if q.query.Has("sort") {
		return nil, badRequest("Invalid sort attribute")
	}
	if !q.repo.builds() && q.repo.uuid[1]%2 == 0 {
		return nil, notFound("Pipelines are not enabled")
	}
	return served(q, q.repo.deployments, q.deployment), nil
}

func (q *request) deployment(d *deployment) object {
	full := q.fullName(q.repo)
	commit := q.commit(full, d.pipeline.commit.hash)
	state := object{"type": "deployment_state_in_progress", "name": "IN_PROGRESS", "started_on": nano(d.started), "url": site + full}
	updated := d.started
	if d.status != "" {
		state = object{
			"type": "deployment_state_completed", "name": "COMPLETED", "started_on": nano(d.started), "completed_on": nano(d.completed), "url": site + full,
			"status": object{"type": "deployment_state_completed_status_" + map[string]string{"SUCCESSFUL": "successful", "FAILED": "failed"}[d.status], "name": d.status},
		}
		updated = d.completed
	}
	release := object{
		"type": "deployment_release", "uuid": d.uuid, "key": fmt.Sprint("k", d.number), "name": fmt.Sprintf("#%d", d.pipeline.number), "url": site + full,
		"created_on": nano(d.pipeline.created), "commit": commit, "pipeline": object{"type": "pipeline", "uuid": d.pipeline.uuid},
	}
	return object{
		"type": "deployment", "uuid": d.uuid, "key": fmt.Sprint("k", d.number), "version": 1, "state": state, "release": release, "deployable": release, "commit": commit,
		"environment": object{"type": "deployment_environment", "uuid": d.environment.uuid}, "step": object{"type": "pipeline_step", "uuid": d.step},
		"last_update_time": nano(updated),
	}
}

// deedsOfRuns are who began and stopped pipelines, and who stands behind deployments. What a schedule does, nobody did.
func (w *world) deedsOfRuns(r *repository) []Deed {
	var all []Deed
	for _, p := range r.pipelines {
		if p.creator != nil {
			all = append(all, deedBy(p.creator, Deed{Time: p.created, Feature: "pipelines", Action: "run", Object: p.uuid}))
		}
		if p.terminator != nil {
			all = append(all, deedBy(p.terminator, Deed{Time: p.completed, Feature: "pipelines", Action: "stopped", Object: p.uuid}))
		}
	}
	for _, d := range r.deployments {
		if d.pipeline.creator != nil {
			all = append(all, deedBy(d.pipeline.creator, Deed{Time: d.started, Feature: "deployments", Action: "deployed", Object: d.uuid}))
		}
	}
	for i := range all {
		all[i].RepositoryUUID, all[i].Repository, all[i].ProjectKey = r.uuid, r.slug, r.project.key
	}
	return all
}

// commentFields is what comments can be filtered and sorted by.
var commentFields = fieldSet[*comment]{
	"id":         {int64(0), func(c *comment) any { return c.id }},
	"created_on": {time.Time{}, func(c *comment) any { return c.created }},
	"updated_on": {time.Time{}, func(c *comment) any { return c.updated }},
}

// serveComments lists the oldest first, deleted ones in their places.
func (q *request) serveComments() (*answer, error) {
	rows, err := filter(slices.Clone(q.pull.comments), q.query, commentFields)
	if err != nil {
		return nil, err
	}
	return listing[*comment]{rows: rows, most: 100, request: q, show: func(c *comment) object { return q.comment(q.pull, c) }}.page(), nil
}

// resolve ends the discussion that a comment began.
func (w *world) resolve(p *pullRequest, c *comment, by *account, at time.Time) *Change {
	if c.deleted || c.resolvedBy != nil || by.deleted || by.left {
		return nil
	}
	c.resolvedBy, c.resolvedOn = by, at
	return w.changed(p, CommentResolved, by, at)
}
