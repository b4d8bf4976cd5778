package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// deployed reads a file of deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// declaredMetrics are the names of all metrics: a scrape shows only those that something was said of.
func declaredMetrics(t *testing.T) (names []string) {
	t.Helper()
	for _, file := range []string{"metrics.go", "standing.go"} {
		text, err := os.ReadFile(filepath.Join("metrics", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:counter\(|desc\(|Name: )"([a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, "bucketlake_"+m[1])
		}
	}
	return names
}

// TestDeployMetrics looks up each metric that rules and the dashboard ask for, and each one in the documentation.
func TestDeployMetrics(t *testing.T) {
	names := declaredMetrics(t)
	if len(names) < 15 {
		t.Fatalf("found %d metrics", len(names))
	}
	asked := regexp.MustCompile(`\bbucketlake_[a-z_]+`)
	for _, file := range []string{"prometheus/rules.yaml", "prometheus/rules_test.yaml", "grafana/dashboard.json"} {
		for _, name := range asked.FindAllString(deployed(t, file), -1) {
			if !slices.Contains(names, name) && !slices.Contains(names, strings.TrimSuffix(name, "_bucket")) {
				t.Errorf("%s asks for %s, which is none of %v", file, name, names)
			}
		}
	}
	var provoked string
	for _, file := range []string{"metrics_test.go", "alert_test.go"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		provoked += string(text)
	}
	text := deployed(t, "OPERATIONS.md")
	for _, name := range names {
		if short := strings.TrimPrefix(name, "bucketlake_"); !regexp.MustCompile(`\b(bucketlake_)?` + short + "(_count)?[{`\"]").MatchString(provoked) {
			t.Errorf("no test provokes %s", name)
		}
		if !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("OPERATIONS.md does not say what %s is", name)
		}
	}
	for _, name := range asked.FindAllString(text, -1) {
		if !slices.Contains(names, name) {
			t.Errorf("OPERATIONS.md tells of %s, which does not exist", name)
		}
	}
}

// TestDeployDashboard looks at what promtool does not: that each panel has a query, a title, and a place of its own.
func TestDeployDashboard(t *testing.T) {
	var d struct {
		UID    string
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(deployed(t, "grafana/dashboard.json")), &d); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]string{}
	for _, p := range d.Panels {
		if p.Title == "" || len(p.Targets) == 0 || p.Targets[0].Expr == "" || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d (%s) lacks a title, a query or room", p.ID, p.Title)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" {
					t.Fatalf("%q lies over %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	if len(d.Panels) < 10 {
		t.Errorf("%d panels", len(d.Panels))
	}
}

// TestDeployRunbooks follows each alert to what is to be done, and finds something for each kind that ALERT_URL is told.
func TestDeployRunbooks(t *testing.T) {
	rules, text := deployed(t, "prometheus/rules.yaml"), deployed(t, "OPERATIONS.md")
	anchors := headings(text)
	runbooks := regexp.MustCompile(`runbook: deploy/OPERATIONS\.md#(\S+)`).FindAllStringSubmatch(rules, -1)
	alerts := regexp.MustCompile(`- alert: (\S+)`).FindAllStringSubmatch(rules, -1)
	if len(alerts) != len(runbooks) || len(alerts) < 5 {
		t.Errorf("%d alerts and %d runbooks", len(alerts), len(runbooks))
	}
	for _, r := range runbooks {
		if !slices.Contains(anchors, r[1]) {
			t.Errorf("OPERATIONS.md has no heading #%s", r[1])
		}
	}
	for _, a := range alerts {
		if !strings.Contains(text, "`"+a[1]+"`") && !strings.Contains(text, "### "+a[1]+"\n") {
			t.Errorf("OPERATIONS.md does not name %s", a[1])
		}
		if tested := deployed(t, "prometheus/rules_test.yaml"); !strings.Contains(tested, "alertname: "+a[1]+"\n        exp_alerts") {
			t.Errorf("no test provokes %s", a[1])
		}
	}
	for _, kind := range []string{"needs_reconnect", "stale", "failing"} {
		if !slices.Contains(anchors, kind) {
			t.Errorf("OPERATIONS.md has no heading #%s", kind)
		}
	}
}

// headings are the anchors of a page, as GitHub makes them.
func headings(text string) (anchors []string) {
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.ReplaceAll(strings.ToLower(h[1]), " ", "-")
		anchors = append(anchors, regexp.MustCompile("[^a-z0-9_-]").ReplaceAllString(anchor, ""))
	}
	return anchors
}

// others are variables of files of deploy/ that are not bucketlake's: the SDK's, the system's, and those of other programs.
var others = regexp.MustCompile(`^(AWS_|OTEL_|S3_|ROOT_|BUCKETLAKE_|TMPDIR$)`)

// TestDeploySettings looks up each environment variable that is set somewhere.
func TestDeploySettings(t *testing.T) {
	known := map[string]bool{}
	for f := range reflect.TypeFor[settings]().Fields() {
		known[f.Tag.Get("envconfig")] = true
	}
	for file, set := range map[string]*regexp.Regexp{
		"bucketlake.env.example":                 regexp.MustCompile(`(?m)^#?([A-Z][A-Z0-9_]+)=`),
		"compose.yaml":                           regexp.MustCompile(`(?m)^ +([A-Z][A-Z0-9_]+): `),
		"helm/bucketlake/values.yaml":            regexp.MustCompile(`(?m)^ +([A-Z][A-Z0-9_]+): `),
		"helm/bucketlake/templates/_helpers.tpl": regexp.MustCompile(`name: ([A-Z][A-Z0-9_]+),`),
		"kubernetes/cronjob.yaml":                regexp.MustCompile(`name: ([A-Z][A-Z0-9_]+),`),
		"terraform/tasks.tf":                     regexp.MustCompile(`(?m)([A-Z][A-Z0-9]*_[A-Z0-9_]+) += `),
	} {
		found := set.FindAllStringSubmatch(deployed(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s sets nothing", file)
		}
		for _, m := range found {
			if !known[m[1]] && !others.MatchString(m[1]) {
				t.Errorf("%s sets %s, which is no setting", file, m[1])
			}
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestDeployLinks follows the links of the pages within the repository.
func TestDeployLinks(t *testing.T) {
	root := os.DirFS(filepath.Join("..", ".."))
	pages := []string{"README.md", "CONTRIBUTING.md"}
	err := fs.WalkDir(root, "deploy", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".md" {
			pages = append(pages, name)
		}
		return err
	})
	if err != nil || len(pages) < 6 {
		t.Fatal(pages, err)
	}
	for _, page := range pages {
		text, err := fs.ReadFile(root, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if err := follow(root, page, m[1]); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
		}
	}
}

func follow(root fs.FS, page, to string) error {
	if strings.Contains(to, "://") {
		return nil
	}
	name, anchor, _ := strings.Cut(to, "#")
	if name = path.Join(path.Dir(page), name); strings.HasPrefix(to, "#") {
		name = page
	}
	if info, err := fs.Stat(root, name); err != nil || info.IsDir() {
		return err
	}
	text, err := fs.ReadFile(root, name)
	if err == nil && anchor != "" && !slices.Contains(headings(string(text)), anchor) {
		return fmt.Errorf("no heading #%s in %s", anchor, name)
	}
	return err
}
